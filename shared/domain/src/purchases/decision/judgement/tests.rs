use super::*;
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use strum::VariantArray as _;

use crate::coupons::code::{CouponCode, UniqueCode};
use crate::coupons::coupon::{Coupon, Terms};
use crate::kernel::ids::CouponId;
use crate::kernel::input;
use crate::purchases::order::Order;
use crate::purchases::pricing::{LineDiscount, PricedDiscount, Remainder};

const STATES: [State; 3] = [State::Active, State::Paused, State::Expired];

fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

fn coupon(bits: u8, more: &Value) -> Coupon {
    let mut terms = json!({"code": "FLASH20", "name": "n", "discount": {"type": "percentage", "percent_off": 20}});
    terms.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Coupon::new(CouponId::new(now(), [bits; 10]), input::read(&terms, Terms::read).unwrap(), now())
}

fn order(currency: &str, unit_amount: i64) -> Order {
    let line = json!({"product_id": "p1", "quantity": 1, "unit_amount": unit_amount});
    input::read(&json!({"id": "o1", "currency": currency, "lines": [line]}), Order::read).unwrap()
}

fn ana() -> Customer {
    input::read(&json!({"email": "ana@example.com"}), Customer::read).unwrap()
}

/// Terms with a random choice of each term, and a choice that fails for the order.
fn terms() -> impl Strategy<Value = Value> {
    let seconds = |offset: i64| json!(now() + TimeDelta::seconds(offset));
    let one_of = |member: &'static str, values: Vec<Value>| {
        prop::sample::select([vec![Value::Null], values].concat()).prop_map(move |value| (member, value))
    };
    let members = vec![
        one_of("only_for", vec![json!({"email": "ana@example.com"}), json!({"email": "bo@example.com"})]).boxed(),
        one_of("expires_at", vec![seconds(1), seconds(0)]).boxed(),
        one_of("max_redemptions", vec![json!(2)]).boxed(),
        one_of("max_redemptions_per_customer", vec![json!(2)]).boxed(),
        one_of("applies_to", vec![json!({"products": ["p1"]}), json!({"products": ["p2"]})]).boxed(),
        one_of("combinable", vec![json!(true), json!(false)]).boxed(),
    ];
    members.prop_map(|members| {
        members
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    })
}

/// No amount, an amount in dollars, or an amount in another currency than that of the order.
fn amounts(dollars: [i64; 2]) -> impl Strategy<Value = Option<Amounts>> {
    let one = |amount: i64, currency: &str| Some(Amounts::One(Money::new(amount, Currency::parse(currency).unwrap())));
    prop::sample::select(vec![None, one(dollars[0], "USD"), one(dollars[1], "USD"), one(1, "EUR")])
}

fn discount() -> impl Strategy<Value = Value> {
    let fixed = |currency: &str| json!({"type": "fixed_amount", "amount_off": 100, "currency": currency});
    prop::sample::select(vec![json!({"type": "percentage", "percent_off": 20}), fixed("USD"), fixed("EUR")])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn first_failed_judgement_has_the_rejection_of_the_decision(
        more in terms(),
        discount in discount(),
        (maximum, minimum) in (amounts([10, 999]), amounts([1000, 1001])),
        starts_in in prop::sample::select(vec![None, Some(-9), Some(0), Some(5)]),
        (state, used) in (0..STATES.len(), 0_i64..3),
        (is_named, redeemed) in (any::<bool>(), 0_i64..3),
        (unit_amount, taken) in prop::sample::select(vec![(1000, 0), (1000, 1000), (0, 0)]),
        unique in prop::option::of(any::<bool>()),
        has_earlier_code in any::<bool>(),
    ) {
        let with_currency = input::read(&json!({"code": "FLASH20", "name": "n", "discount": discount}), Terms::read);
        let mut coupon = coupon(1, &more);
        coupon.terms.discount = with_currency.unwrap().discount;
        (coupon.terms.maximum_discount, coupon.terms.minimum_order_value) = (maximum, minimum);
        coupon.terms.starts_at = starts_in.map(|seconds| now() + TimeDelta::seconds(seconds));
        coupon.state = STATES[state];
        coupon.remaining = coupon.terms.max_redemptions.map(|most| most - used);
        let order = order("USD", unit_amount);
        let customer = is_named.then(ana);
        let earlier = self::coupon(2, &json!({}));
        let accepted: &[&Coupon] = if has_earlier_code { &[&earlier] } else { &[] };
        let mut left = Remainder::of(&order);
        let lines = vec![LineDiscount { index: 0, amount: taken }];
        left.deduct(&PricedDiscount { amount: taken, currency: order.currency, lines });
        let unique = unique.map(|is_held| UniqueCode {
            code: CouponCode::parse("UNIQUE1").unwrap(),
            coupon_id: coupon.id.clone(),
            created_at: now(),
            redeemed_at: None,
            redemption_id: None,
            held: is_held.then(|| ("another".to_owned(), now() + TimeDelta::seconds(1))),
        });
        let case = Case {
            coupon: &coupon,
            unique: unique.as_ref(),
            order: &order,
            customer: customer.as_ref(),
            left: &left,
            accepted,
            is_only_code: !has_earlier_code,
            redeemed_by_customer: customer.is_some().then_some(redeemed),
            now: now(),
        };
        let judged = case.judge();
        let failed = judged.iter().find_map(|judgement| judgement.rejection);
        prop_assert_eq!(case.decide().err(), failed, "{:#?}", judged);
        for judgement in &judged {
            prop_assert_eq!(judgement.held, judgement.rejection.is_none());
        }
    }
}

#[test]
fn every_term_is_judged_with_expected_and_received_value() {
    let usd = |amount: i64| json!({"amount": amount, "currency": "USD"});
    let fixed = json!({"type": "fixed_amount", "amount_off": 5000, "currency": "USD"});
    let mut coupon = coupon(
        1,
        &json!({"discount": fixed, "only_for": {"email": "bo@example.com"}, "expires_at": now(),
            "starts_at": now() + TimeDelta::seconds(-5), "max_redemptions": 3, "max_redemptions_per_customer": 1,
            "minimum_order_value": usd(2000), "applies_to": {"products": ["p2"]},
            "combinable": false}),
    );
    (coupon.state, coupon.remaining) = (State::Paused, Some(0));
    coupon.terms.maximum_discount = Some(Amounts::One(Money::new(700, Currency::parse("USD").unwrap())));
    let (order, customer, earlier) = (order("USD", 1000), ana(), self::coupon(2, &json!({"code": "OTHER"})));
    let left = Remainder::of(&order);
    let unique = UniqueCode {
        code: CouponCode::parse("UNIQUE1").unwrap(),
        coupon_id: coupon.id.clone(),
        created_at: now(),
        redeemed_at: None,
        redemption_id: None,
        held: Some(("another".to_owned(), now() + TimeDelta::seconds(1))),
    };
    let case = Case {
        coupon: &coupon,
        unique: Some(&unique),
        order: &order,
        customer: Some(&customer),
        left: &left,
        accepted: &[&earlier],
        is_only_code: false,
        redeemed_by_customer: Some(1),
        now: now(),
    };
    let instant = json!(now());
    let judged = case.judge();
    let told = |term: Term| {
        let judgement = judged.iter().find(|judgement| judgement.term == term);
        judgement.map(|judgement| (judgement.expected.clone(), judgement.received.clone(), judgement.rejection))
    };
    for (term, expected, received, rejection) in [
        (
            Term::OnlyFor,
            json!(coupon.terms.only_for),
            json!({"email": "ana@example.com", "customer_id": null}),
            Some(Rejection::CouponNotFound),
        ),
        (Term::ExpiresAt, instant.clone(), instant.clone(), Some(Rejection::CouponExpired)),
        (Term::MaxRedemptions, json!(3), json!(3), Some(Rejection::LimitReached)),
        (Term::State, json!("active"), json!("paused"), Some(Rejection::CouponPaused)),
        (Term::StartsAt, json!(coupon.terms.starts_at), instant, None),
        (Term::Discount, json!(["USD"]), json!("USD"), None),
        (Term::MaximumDiscount, json!(["USD"]), json!("USD"), None),
        (Term::MinimumOrderValue, usd(2000), usd(1000), Some(Rejection::MinimumOrderNotMet)),
        (Term::AppliesTo, json!(coupon.terms.applies_to), json!([]), Some(Rejection::ProductsNotEligible)),
        (Term::UniqueCode, json!("available"), json!("held"), Some(Rejection::CodeAlreadyUsed)),
        (Term::Combinable, json!([]), json!(["OTHER"]), Some(Rejection::CouponNotCombinable)),
        (Term::MaxRedemptionsPerCustomer, json!(1), json!(1), Some(Rejection::CustomerLimitReached)),
    ] {
        assert_eq!(told(term), Some((expected, received, rejection)), "{term:?}");
    }
    assert_eq!(told(Term::Effect), None, "a coupon for other products has no price");
    let for_all =
        Coupon { terms: Terms { applies_to: AppliesTo::default(), ..coupon.terms.clone() }, ..coupon.clone() };
    let judged = Case { coupon: &for_all, accepted: &[], ..case }.judge();
    let effect = judged.iter().find(|judgement| judgement.term == Term::Effect).unwrap();
    assert_eq!((&effect.expected, &effect.received, effect.held), (&usd(1), &usd(700), true));
    assert_eq!(judged.len(), Term::VARIANTS.len() - 2, "all terms except `applies_to` and `combinable`");
}
