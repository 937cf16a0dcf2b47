use std::collections::BTreeSet;

use chrono::DateTime;
use serde_json::{Value, json};

use super::*;
use crate::automation::workflow::Trigger;
use crate::coupons::coupon::{Coupon, Terms};
use crate::events::event::{CouponSnapshot, Event, EventType};
use crate::kernel::counters::RedemptionNumber;
use crate::kernel::ids::CouponId;
use crate::kernel::input;
use crate::purchases::customer::Email;
use crate::purchases::decision::decide;
use crate::purchases::pricing::Remainder;
use crate::purchases::{Checkout, Redemption};
use crate::tenants::tenant::TenantId;

fn redeemed() -> Event {
    let terms = json!({"code": "MEMBER20", "name": "Straße *1*", "max_redemptions": 100,
        "discount": {"type": "percentage", "percent_off": 12.5}});
    let coupon = Coupon::new(
        CouponId::new(DateTime::UNIX_EPOCH, [1; 10]),
        input::read(&terms, Terms::read).unwrap(),
        DateTime::UNIX_EPOCH,
    );
    let purchase = json!({"code": "member20", "customer": {"email": "Ana@example.com"}, "source": "funnel",
        "order": {"id": "o1", "currency": "USD", "lines": [
            {"product_id": "mug", "collection_ids": ["Summer"], "quantity": 2, "unit_amount": 5000}]}});
    let checkout = input::read(&purchase, Checkout::read).unwrap();
    let purchase = checkout.purchase(&checkout.codes.all()[0]);
    let left = Remainder::of(&purchase.order);
    let price = decide(&coupon, &purchase.order, &left, purchase.customer.as_ref(), DateTime::UNIX_EPOCH).unwrap();
    let redemption = Redemption::new(&coupon, purchase, price, DateTime::UNIX_EPOCH);
    let tenant = TenantId::parse("demo").unwrap();
    Event::coupon_redeemed(&tenant, CouponSnapshot::from(&coupon), &redemption, RedemptionNumber::new(42), None)
}

fn matches(filter: Value) -> bool {
    let trigger = Trigger::Event(EventType::CouponRedeemed);
    let filter = input::read(&filter, |field, errors| Filter::read(field, trigger, errors)).expect("a valid filter");
    let tags = BTreeSet::from(["VIP".into()]);
    filter.matches(Subject { event: &redeemed(), tags: Some(&tags) })
}

fn one(field: &str, operator: &str, value: Value) -> Value {
    json!([{"field": field, "operator": operator, "value": value}])
}

#[test]
fn each_operator_distinguishes_a_match_from_a_miss() {
    let usd = |amount: i64| json!({"amount": amount, "currency": "USD"});
    for (field, operator, hit, miss) in [
        ("coupon_code", "is", json!(["member20", "OTHER"]), json!("member2")),
        ("coupon_code", "is_not", json!("OTHER"), json!("Member20")),
        ("coupon_code", "is_any_of", json!(["MEMBER20"]), json!(["A", "B"])),
        ("coupon_code", "is_none_of", json!(["A", "B"]), json!(["A", "member20"])),
        ("coupon_code", "contains", json!("ber"), json!("*")),
        ("coupon_code", "does_not_contain", json!("*"), json!("BER")),
        ("coupon_code", "starts_with", json!("mem"), json!("20")),
        ("coupon_code", "ends_with", json!("20"), json!("mem")),
        ("coupon_name", "contains", json!("STRASSE *1"), json!("*2*")),
        ("coupon_type", "is", json!("percentage"), json!("fixed_amount")),
        ("coupon_type", "is_not", json!("fixed_amount"), json!("percentage")),
        ("coupon_value", "=", json!(12.5), json!(12)),
        ("coupon_value", ">", json!(10), usd(10)),
        ("order_value", "=", usd(10_000), usd(9999)),
        ("order_value", "!=", usd(9999), json!({"amount": 9999, "currency": "EUR"})),
        ("order_value", ">=", usd(10_000), usd(10_001)),
        ("order_value", "<", usd(10_001), usd(10_000)),
        ("order_value", "between", json!([usd(1), usd(10_000)]), json!([usd(1), usd(9999)])),
        ("order_total", "<=", usd(8750), usd(8749)),
        ("product", "contains_any", json!(["cup", "MUG"]), json!(["cup"])),
        ("product_collection", "contains_all", json!(["summer"]), json!(["summer", "winter"])),
        ("product_type", "contains_none", json!(["recurring"]), json!(["one_time"])),
        ("source", "is", json!("Funnel"), json!("shop")),
        ("source", "starts_with", json!("FUN"), json!("funnels")),
        ("redemption_count", ">=", json!(42), json!(43)),
        ("redemption_limit", "=", json!(100), json!(99)),
        ("contact_email", "ends_with", json!("@EXAMPLE.com"), json!("@example.org")),
        ("contact_tag", "contains_any", json!(["vip"]), json!(["new"])),
    ] {
        assert!(matches(one(field, operator, hit.clone())), "{field} {operator} {hit}");
        assert!(!matches(one(field, operator, miss.clone())), "{field} {operator} {miss}");
    }
}

#[test]
fn flat_list_means_all_and_an_empty_list_matches_every_event() {
    let yes = json!({"field": "source", "operator": "is_not_empty"});
    let no = json!({"field": "source", "operator": "is_empty"});
    assert!(matches(json!([])));
    assert!(!matches(json!([yes, no])));
    assert!(matches(json!({"any": [no, yes]})));
    assert!(matches(json!({"all": [yes, {"not": no}]})));
}

fn refused(filter: Value, trigger: EventType) -> (String, String) {
    let trigger = Trigger::Event(trigger);
    let errors = input::read(&filter, |field, errors| Filter::read(field, trigger, errors)).unwrap_err();
    (errors[0].pointer.clone(), errors[0].detail.clone())
}

#[test]
fn field_without_value_on_the_trigger_is_rejected_with_alternatives() {
    let filter = one("order_value", ">", json!({"amount": 1, "currency": "USD"}));
    let (pointer, detail) = refused(filter, EventType::CouponExpired);
    assert_eq!(pointer, "/0/field");
    assert!(detail.starts_with("coupon_expired events never have order_value; they have coupon_code"), "{detail}");
}

#[test]
fn condition_that_can_never_match_is_rejected_with_its_pointer() {
    for (filter, pointer) in [
        (one("order_value", ">", json!(1000)), "/0/value"),
        (one("order_value", ">", json!({"amount": 1000})), "/0/value/currency"),
        (
            one("order_value", "between", json!([{"amount": 1, "currency": "USD"}, {"amount": 2, "currency": "EUR"}])),
            "/0/value",
        ),
        (one("coupon_value", "between", json!([20, 10])), "/0/value"),
        (one("coupon_value", ">", json!(100.001)), "/0/value"),
        (one("redemption_count", "=", json!(-1)), "/0/value"),
        (one("order_value", "contains", json!("1")), "/0/operator"),
        (one("coupon_type", "is", json!("gift")), "/0/value"),
        (one("coupon_code", "is", json!([])), "/0/value"),
        (one("coupon_code", "is_empty", json!("x")), "/0/value"),
        (one("colour", "is", json!("red")), "/0/field"),
        (json!([{"operator": "is", "value": "x"}]), "/0/field"),
        (json!({"any": []}), "/any"),
        (json!({"not": []}), "/not"),
        (json!({"not": {"field": "source", "operator": "is", "value": ""}}), "/not/value"),
    ] {
        assert_eq!(refused(filter.clone(), EventType::CouponRedeemed).0, pointer, "{filter}");
    }
}

/// Operators of each kind, as the product specification lists them.
#[test]
fn each_field_accepts_exactly_the_operators_of_its_kind() {
    let (s, t) = (["is_any_of", "is_none_of"].as_slice(), ["is", "is_not"].as_slice());
    let n = ["=", "!=", ">", "<", ">=", "<=", "between"].as_slice();
    let c = ["contains_any", "contains_all", "contains_none"].as_slice();
    let x = ["is", "is_not", "contains", "does_not_contain", "starts_with", "ends_with"].as_slice();
    let promised = |field: FilterField| match field.name() {
        "coupon_code" | "coupon_name" => [s, x].concat(),
        "coupon_type" => t.to_vec(),
        "coupon_value"
        | "order_value"
        | "order_total"
        | "redemption_count"
        | "redemption_limit"
        | "percent_used"
        | "remaining"
        | "minutes_before_expiry" => n.to_vec(),
        "product" | "product_collection" | "product_type" | "contact_tag" => c.to_vec(),
        "source" => [t, x].concat(),
        "contact_email" => x.to_vec(),
        other => panic!("{other} is not in the specification"),
    };
    assert_eq!(FilterField::ALL.len(), 17);
    let every: BTreeSet<&str> = [s, t, n, c, x, &["is_empty", "is_not_empty"]].concat().into_iter().collect();
    for field in FilterField::ALL {
        let fitting: BTreeSet<&str> =
            [promised(*field), vec!["is_empty", "is_not_empty"]].concat().into_iter().collect();
        let offered: BTreeSet<&str> = field.operators().iter().map(|operator| operator.name()).collect();
        assert_eq!(offered, fitting, "{}", field.name());
        for unfit in every.difference(&fitting) {
            let kinds = [EventType::CouponRedeemed, EventType::CouponThresholdReached, EventType::CouponExpiring];
            let kind = kinds.into_iter().find(|kind| field.occurs_on(*kind)).unwrap();
            let (pointer, detail) = refused(one(field.name(), unfit, json!("x")), kind);
            assert_eq!(pointer, "/0/operator", "{} {unfit}", field.name());
            assert!(detail.contains(field.operators()[0].name()), "no remedy: {detail}");
        }
    }
}

#[test]
fn field_has_a_value_exactly_on_the_triggers_that_accept_it() {
    let event = redeemed();
    let facts = Facts::of(Subject { event: &event, tags: Some(&BTreeSet::from(["VIP".into()])) });
    let given: Vec<&str> = FilterField::of(Trigger::Event(event.kind)).map(FilterField::name).collect();
    let has_value = |field: &&FilterField| !facts.get(**field).is_empty();
    assert_eq!(given, FilterField::ALL.iter().filter(has_value).map(|field| field.name()).collect::<Vec<_>>());
    let tenant = TenantId::parse("demo").unwrap();
    let expired = Event::coupon_expired(&tenant, event.data.coupon.clone(), DateTime::UNIX_EPOCH);
    let facts = Facts::of(Subject { event: &expired, tags: None });
    let given: Vec<&str> = FilterField::of(Trigger::Event(expired.kind)).map(FilterField::name).collect();
    let has_value = |field: &&FilterField| !facts.get(**field).is_empty();
    assert_eq!(given, FilterField::ALL.iter().filter(has_value).map(|field| field.name()).collect::<Vec<_>>());
}

const NEGATIVE: [&str; 5] = ["is_not", "is_none_of", "does_not_contain", "contains_none", "!="];

#[test]
fn field_without_value_passes_exactly_the_negative_operators() {
    let mut event = redeemed();
    let data = &mut event.data;
    (data.source, data.customer, data.order, data.coupon.limit) = (None, None, None, None);
    let trigger = Trigger::Event(EventType::CouponRedeemed);
    let (mut checked, mut negative) = (0, 0);
    for field in FilterField::of(trigger) {
        for operator in field.operators().iter().filter(|operator| operator.value_shape() != ValueShape::None) {
            if !Facts::of(Subject { event: &event, tags: None }).get(field).is_empty() {
                continue;
            }
            let value = match field.kind() {
                Kind::Text | Kind::Word | Kind::Set => {
                    json!(field.choices().map_or("x", |choices| choices[0]))
                }
                Kind::Money | Kind::PercentOrMoney => json!({"amount": 5, "currency": "USD"}),
                Kind::Count => json!(5),
            };
            let value = if operator.value_shape() == ValueShape::Range { json!([value, value]) } else { value };
            let filter = Filter::from_json(&one(field.name(), operator.name(), value), trigger).unwrap();
            let explanation = filter.explain(Subject { event: &event, tags: None });
            let is_negative = NEGATIVE.contains(&operator.name());
            assert_eq!(explanation.held, is_negative, "{} {operator}", field.name());
            let Part::All(tests) = explanation.part else { panic!("a list") };
            let note = if is_negative { "has no value; negative operators hold in that case" } else { "has no value" };
            assert_eq!(json!(tests[0])["note"], note, "{} {operator}", field.name());
            checked += 1;
            negative += usize::from(is_negative);
        }
    }
    assert_eq!((checked, negative), (45, 11), "each field that can be without a value, with each of its operators");
}

#[test]
fn is_empty_and_is_not_empty_test_whether_a_field_has_a_value() {
    let mut event = redeemed();
    event.data.coupon.limit = None;
    let holds = |field: &str, operator: &str| {
        let filter = one(field, operator, Value::Null);
        let filter = Filter::from_json(&filter, Trigger::Event(EventType::CouponRedeemed)).unwrap();
        filter.matches(Subject { event: &event, tags: None })
    };
    assert!(holds("redemption_limit", "is_empty") && !holds("redemption_limit", "is_not_empty"));
    assert!(!holds("source", "is_empty") && holds("source", "is_not_empty"));
}

#[test]
fn amount_in_another_currency_or_unit_matches_no_comparison() {
    let eur = json!({"amount": 10_000, "currency": "EUR"});
    let percent = json!(12.5);
    for operator in ["=", "!=", ">", ">=", "<", "<="] {
        assert!(!matches(one("order_value", operator, eur.clone())), "{operator}");
        assert!(!matches(one("coupon_value", operator, eur.clone())), "{operator}");
    }
    assert!(!matches(one("order_value", "between", json!([eur, eur]))));
    assert!(matches(json!({"not": one("order_value", "=", eur)})), "a negated = also matches other currencies");
    assert!(!matches(one("coupon_value", "!=", percent)), "the value is 12.5");
}

#[test]
fn filter_that_is_too_large_is_rejected_as_a_whole() {
    let test = json!({"field": "source", "operator": "is", "value": "x"});
    let fifty = json!({"all": vec![test.clone(); 50]});
    let (pointer, detail) = refused(json!({"any": [fifty, fifty, test]}), EventType::CouponRedeemed);
    assert_eq!(pointer, "");
    assert!(detail.contains("100 conditions in total, but has 101"), "{detail}");
    let long = one("product", "contains_any", json!(vec!["x".repeat(500); 101]));
    assert!(refused(long, EventType::CouponRedeemed).1.contains("50000 bytes"));
    assert!(Filter::from_json(&json!([fifty, fifty]), Trigger::Event(EventType::CouponRedeemed)).is_ok());
}

#[test]
fn absent_filters_match_every_event_and_manual_triggers_have_none() {
    for none in [Value::Null, json!([])] {
        assert_eq!(Filter::from_json(&none, Trigger::Manual), Ok(Filter::All(Vec::new())));
    }
    let errors = Filter::from_json(&one("source", "is", json!("x")), Trigger::Manual).unwrap_err();
    assert!(errors[0].detail.contains("omit filters"), "{errors:?}");
}

#[test]
fn explanation_shows_expected_and_received_values_of_each_test() {
    let filter = json!({"any": [
        {"field": "coupon_code", "operator": "is", "value": "OTHER"},
        {"not": [{"field": "order_value", "operator": ">", "value": {"amount": 1, "currency": "EUR"}},
                 {"field": "contact_tag", "operator": "is_empty"}]}]});
    let filter = Filter::from_json(&filter, Trigger::Event(EventType::CouponRedeemed)).unwrap();
    let explanation = filter.explain(Subject { event: &redeemed(), tags: None });
    assert_eq!(
        json!(explanation),
        json!({"held": true, "any": [
            {"held": false, "field": "coupon_code", "operator": "is", "expected": ["other"], "received": "member20"},
            {"held": true, "not": {"held": false, "all": [
                {"held": false, "field": "order_value", "operator": ">",
                    "expected": {"amount": 1, "currency": "EUR"}, "received": {"amount": 10_000, "currency": "USD"},
                    "note": "is in another currency or unit than the filter's; no comparison holds in that case"},
                {"held": true, "field": "contact_tag", "operator": "is_empty", "expected": null, "received": []}]}}]})
    );
}

#[test]
fn thresholds_are_distinguished_by_percentage_or_remaining() {
    let tenant = TenantId::parse("demo").unwrap();
    let terms = json!({"code": "BETA50", "name": "Beta", "max_redemptions": 5,
        "discount": {"type": "percentage", "percent_off": 50}});
    let id = CouponId::new(DateTime::UNIX_EPOCH, [1; 10]);
    let coupon = Coupon::new(id, input::read(&terms, Terms::read).unwrap(), DateTime::UNIX_EPOCH);
    let matches = |threshold: &str, filter: Value| {
        let trigger = Trigger::Event(EventType::CouponThresholdReached);
        let filter = Filter::from_json(&filter, trigger).unwrap();
        let mut event = Event::coupon_expired(&tenant, CouponSnapshot::from(&coupon), DateTime::UNIX_EPOCH);
        event.kind = EventType::CouponThresholdReached;
        event.data.threshold = Some(threshold.to_owned());
        filter.matches(Subject { event: &event, tags: None })
    };
    let eighty = || one("percent_used", "=", json!(80));
    assert!(matches("80%", eighty()) && !matches("50%", eighty()) && !matches("2 left", eighty()));
    let few = || one("remaining", "<=", json!(10));
    assert!(matches("2 left", few()) && !matches("20 left", few()) && !matches("8%", few()));
    assert!(matches("80%", one("remaining", "is_empty", Value::Null)));
    let elsewhere = Filter::from_json(&eighty(), Trigger::Event(EventType::CouponExpired)).unwrap_err();
    assert!(elsewhere[0].detail.contains("coupon_expired events never have percent_used"), "{elsewhere:?}");
}

#[test]
fn expiry_notices_are_distinguished_by_their_lead_time() {
    let mut event = redeemed();
    event.kind = EventType::CouponExpiring;
    let mut matches = |lead_time: &str, minutes: i64| {
        event.data.lead_time = Some(lead_time.to_owned());
        let filter = one("minutes_before_expiry", "=", json!(minutes));
        let filter = Filter::from_json(&filter, Trigger::Event(EventType::CouponExpiring)).unwrap();
        filter.matches(Subject { event: &event, tags: None })
    };
    assert!(matches("PT24H", 1440) && matches("P1D", 1440) && matches("PT90M", 90));
    assert!(!matches("PT1H", 1440));
}

#[test]
fn addresses_match_in_every_spelling_of_their_domain() {
    let trigger = Trigger::Event(EventType::CouponRedeemed);
    for given in ["Ana@m\u{fc}nchen.example", "ana@mu\u{308}nchen.example", "ana@xn--mnchen-3ya.example"] {
        let mut event = redeemed();
        event.data.customer.as_mut().unwrap().email = Some(Email::parse(given).unwrap());
        for (operator, value) in [
            ("is", "ana@M\u{dc}NCHEN.example"),
            ("is", "ANA@xn--mnchen-3ya.example"),
            ("contains", "m\u{fc}nch"),
            ("contains", "ana@"),
            ("ends_with", "xn--mnchen-3ya.example"),
            ("ends_with", ".example"),
            ("starts_with", "ana"),
            ("does_not_contain", "+"),
        ] {
            let filter = Filter::from_json(&one("contact_email", operator, json!(value)), trigger).unwrap();
            assert!(filter.matches(Subject { event: &event, tags: None }), "{given} {operator} {value}");
        }
    }
}
