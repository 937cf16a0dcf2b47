use super::*;
use crate::kernel::input;
use serde_json::json;

fn read(document: serde_json::Value) -> Result<Terms, Errors> {
    input::read(&document, Terms::read)
}

#[test]
fn code_name_and_discount_are_sufficient() {
    let terms =
        read(json!({"code": "flash20", "name": "Flash", "discount": {"type": "percentage", "percent_off": 20}}));
    assert_eq!(terms.unwrap().max_redemptions, None);
}

#[test]
fn every_error_in_terms_is_listed() {
    let errors = read(json!({
        "code": "F!", "discount": {"type": "fixed_amount", "amount_off": 0, "currency": "usd"},
        "max_redemptions": 0, "expires_at": "2026-12-01", "applies_to": {"product_types": ["gift"]}, "limit": 5,
    }));
    let pointers: Vec<_> = errors.unwrap_err().into_iter().map(|e| e.pointer).collect();
    assert_eq!(
        pointers,
        [
            "/limit",
            "/code",
            "/name",
            "/discount/amount_off",
            "/discount/currency",
            "/max_redemptions",
            "/expires_at",
            "/applies_to/product_types/0"
        ]
    );
}

fn pointers(more: serde_json::Value) -> Vec<String> {
    let mut terms = json!({"code": "FLASH20", "name": "Flash", "discount": {"type": "percentage", "percent_off": 20}});
    terms.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    read(terms).err().into_iter().flatten().map(|e| e.pointer).collect()
}

#[test]
fn metadata_key_with_invalid_length_or_control_character_is_rejected() {
    let (longest, too_long) = ("ü".repeat(40), "k".repeat(41));
    let metadata = json!({"": "x", &too_long: "x", "a\u{0}": "x", &longest: "x", "note": "two\nlines"});
    assert_eq!(
        pointers(json!({"metadata": metadata})),
        ["/metadata/".to_owned(), format!("/metadata/{too_long}"), "/metadata/a\u{0}".to_owned()]
    );
}

#[test]
fn minimum_in_other_currency_than_discount_is_rejected() {
    let discount = json!({"type": "fixed_amount", "amount_off": 500, "currency": "USD"});
    let minimum = |currency: &str| json!({"amount": 1000, "currency": currency});
    let with = |currency| pointers(json!({"discount": discount, "minimum_order_value": minimum(currency)}));
    assert_eq!(with("EUR"), ["/minimum_order_value"]);
    assert!(with("USD").is_empty());
    assert!(
        pointers(json!({"minimum_order_value": minimum("EUR")})).is_empty(),
        "a percentage applies to any currency"
    );
}

#[test]
fn amounts_must_match_the_currencies_of_the_discount() {
    let discount = json!({"type": "fixed_amount", "amount_off": 500, "currency": "USD",
        "currency_options": {"EUR": {"amount_off": 450}}});
    let with = |minimum: serde_json::Value| pointers(json!({"discount": discount, "minimum_order_value": minimum}));
    let (usd, eur) = (json!({"amount": 1000, "currency": "USD"}), json!({"amount": 900, "currency": "EUR"}));
    assert!(with(json!([usd, eur])).is_empty());
    assert_eq!(with(json!([usd])), ["/minimum_order_value"], "EUR is missing");
    assert_eq!(with(json!([usd, usd])), ["/minimum_order_value"], "USD twice");
    let own = json!({"type": "fixed_amount", "amount_off": 500, "currency": "USD",
        "currency_options": {"USD": {"amount_off": 450}, "XYZ": {"amount_off": 1}, "EUR": {"amount_off": 0}}});
    assert_eq!(
        pointers(json!({"discount": own})),
        [
            "/discount/currency_options/USD",
            "/discount/currency_options/XYZ",
            "/discount/currency_options/EUR/amount_off"
        ]
    );
    assert_eq!(pointers(json!({"discount": discount, "maximum_discount": usd})), ["/maximum_discount"]);
}

#[test]
fn thresholds_require_limit_and_notices_must_be_in_range() {
    let eighty = json!([{"percent_used": 80}, {"remaining": 10}]);
    assert_eq!(pointers(json!({"thresholds": eighty})), ["/thresholds"]);
    assert!(pointers(json!({"thresholds": eighty, "max_redemptions": 100})).is_empty());
    assert_eq!(pointers(json!({"thresholds": eighty, "max_redemptions": 10})), ["/thresholds/1/remaining"]);
    let bad = json!([{"percent_used": 100}, {}, {"percent_used": 1, "remaining": 1}]);
    assert_eq!(
        pointers(json!({"thresholds": bad, "max_redemptions": 10})),
        ["/thresholds/0/percent_used", "/thresholds/1", "/thresholds/2"]
    );
    assert_eq!(pointers(json!({"expiry_lead_times": ["PT24H", "P1M", "PT1S"]})).len(), 2);
}

#[test]
fn serialised_terms_read_back_unchanged() {
    let terms = json!({"code": "ALL", "name": "All", "discount": {"type": "percentage", "percent_off": 12.5},
        "maximum_discount": {"amount": 900, "currency": "EUR"}, "duration": "repeating", "duration_in_months": 4,
        "max_redemptions": 50, "time_zone": "Europe/Berlin", "starts_at": "2026-12-01T00:00:00",
        "expires_at": "2027-01-01T00:00:00", "combinable": false, "abandonment_window": "PT1H",
        "thresholds": [{"percent_used": 80}], "expiry_lead_times": ["PT24H"], "metadata": {"team": "growth"}});
    let terms = read(terms).unwrap();
    assert_eq!(terms.starts_at.unwrap().to_rfc3339(), "2026-11-30T23:00:00+00:00");
    assert_eq!(read(json!(terms)).unwrap(), terms);
}

#[test]
fn duration_in_months_is_required_for_repeating_only() {
    assert_eq!(pointers(json!({"duration": "repeating"})), ["/duration_in_months"]);
    assert_eq!(pointers(json!({"duration": "forever", "duration_in_months": 3})), ["/duration_in_months"]);
    assert_eq!(pointers(json!({"duration": "weekly"})), ["/duration"]);
}
