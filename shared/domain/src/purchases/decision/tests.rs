use super::*;
use crate::coupons::coupon::Terms;
use crate::kernel::ids::CouponId;
use crate::kernel::input;
use serde_json::{Value, json};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

const NOON: &str = "2026-07-31T12:00:00Z";

fn coupon(extra: Value) -> Coupon {
    let mut document = json!({"code": "EARLYBIRD25", "name": "Early bird",
        "discount": {"type": "percentage", "percent_off": 25}});
    document.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let terms = input::read(&document, Terms::read).unwrap();
    Coupon::new(CouponId::new(at(NOON), [1; 10]), terms, at(NOON))
}

fn order(currency: &str) -> Order {
    let document = json!({"id": "o1", "currency": currency, "lines": [
        {"product_id": "p1", "quantity": 2, "unit_amount": 2500}]});
    input::read(&document, Order::read).unwrap()
}

fn decided(coupon: &Coupon, now: &str) -> Result<i64, Rejection> {
    let order = order("USD");
    decide(coupon, &order, &Remainder::of(&order), None, at(now)).map(|price| price.discount.amount)
}

#[test]
fn coupon_at_expiry_instant_is_rejected() {
    let coupon = coupon(json!({"expires_at": NOON}));
    assert_eq!(decided(&coupon, "2026-07-31T11:59:59.999Z"), Ok(1250));
    assert_eq!(decided(&coupon, NOON), Err(Rejection::CouponExpired));
}

#[test]
fn coupon_at_start_instant_is_accepted() {
    let coupon = coupon(json!({"starts_at": NOON}));
    assert_eq!(decided(&coupon, "2026-07-31T11:59:59.999Z"), Err(Rejection::CouponNotStarted));
    assert_eq!(decided(&coupon, NOON), Ok(1250));
}

#[test]
fn each_term_has_its_own_rejection() {
    let usd = |amount: i64| json!({"amount": amount, "currency": "USD"});
    let euro = json!({"type": "fixed_amount", "amount_off": 100, "currency": "EUR"});
    for (terms, reason) in [
        (json!({"minimum_order_value": usd(5001)}), Rejection::MinimumOrderNotMet),
        (json!({"minimum_order_value": {"amount": 1, "currency": "EUR"}}), Rejection::CurrencyMismatch),
        (json!({"discount": euro}), Rejection::CurrencyMismatch),
        (json!({"applies_to": {"products": ["p2"]}}), Rejection::ProductsNotEligible),
        (json!({"max_redemptions_per_customer": 1}), Rejection::CustomerRequired),
    ] {
        assert_eq!(decided(&coupon(terms.clone()), NOON), Err(reason), "{terms}");
    }
    assert_eq!(decided(&coupon(json!({"minimum_order_value": usd(5000)})), NOON), Ok(1250));
}

#[test]
fn coupon_for_one_customer_is_not_found_for_others() {
    let order = order("USD");
    let asked_by = |coupon: &Coupon, customer: Option<&str>| {
        let customer = customer.map(|email| input::read(&json!({"email": email}), Customer::read).unwrap());
        decide(coupon, &order, &Remainder::of(&order), customer.as_ref(), at(NOON)).map(|price| price.discount.amount)
    };
    let mut anas = coupon(json!({"only_for": {"email": "ana@example.com"}, "max_redemptions": 1}));
    for remaining in [1, 0] {
        anas.remaining = Some(remaining);
        for other in [None, Some("bo@example.com")] {
            assert_eq!(asked_by(&anas, other), Err(Rejection::CouponNotFound), "{other:?}, {remaining} left");
        }
    }
    assert_eq!(asked_by(&anas, Some("Ana@example.com")), Err(Rejection::LimitReached));
    anas.remaining = Some(1);
    assert_eq!(asked_by(&anas, Some("Ana@example.com")), Ok(1250));
}

#[test]
fn code_without_effect_is_accepted_only_alone_on_free_order() {
    let free = input::read(
        &json!({"id": "o1", "currency": "USD", "lines": [{"product_id": "p1", "quantity": 1, "unit_amount": 0}]}),
        Order::read,
    )
    .unwrap();
    let full = order("USD");
    let outcome = |order: &Order, taken_before: i64, is_only_code: bool| {
        let mut left = Remainder::of(order);
        let lines = vec![pricing::LineDiscount { index: 0, amount: taken_before }];
        left.deduct(&PricedDiscount { amount: taken_before, currency: order.currency, lines });
        let price = decide(&coupon(json!({})), order, &left, None, at(NOON)).unwrap();
        check_has_effect(&price, order, is_only_code)
    };
    assert_eq!(outcome(&full, 0, true), Ok(()));
    assert_eq!(outcome(&full, 4999, false), Err(Rejection::NothingToDiscount), "25 % of one cent rounds to zero");
    assert_eq!(outcome(&full, 5000, false), Err(Rejection::NothingToDiscount));
    assert_eq!(outcome(&free, 0, true), Ok(()));
    assert_eq!(outcome(&free, 0, false), Err(Rejection::NothingToDiscount));
}

#[test]
fn order_in_currency_without_amount_is_rejected() {
    let fixed = json!({"discount": {"type": "fixed_amount", "amount_off": 100, "currency": "EUR",
        "currency_options": {"USD": {"amount_off": 120}}}});
    assert_eq!(decided(&coupon(fixed), NOON), Ok(120));
    let maximum = |currency: &str| coupon(json!({"maximum_discount": {"amount": 99, "currency": currency}}));
    assert_eq!(decided(&maximum("USD"), NOON), Ok(99));
    assert_eq!(decided(&maximum("EUR"), NOON), Err(Rejection::CurrencyMismatch));
}

#[test]
fn non_combinable_or_repeated_coupon_is_rejected() {
    let other = |bits: u8, more: Value| Coupon { id: CouponId::new(at(NOON), [bits; 10]), ..coupon(more) };
    let (free, alone) = (other(1, json!({})), other(2, json!({"combinable": false})));
    assert_eq!(check_combinable(&alone, []), Ok(()));
    assert_eq!(check_combinable(&free, [&other(3, json!({}))]), Ok(()));
    for (coupon, before) in [(&alone, &free), (&free, &alone), (&free, &free)] {
        assert_eq!(check_combinable(coupon, [before]), Err(Rejection::CouponNotCombinable));
    }
}

#[test]
fn used_up_coupon_reports_limit_reached_even_when_paused() {
    let mut coupon = coupon(json!({"max_redemptions": 1}));
    coupon.state = State::Paused;
    assert_eq!(decided(&coupon, NOON), Err(Rejection::CouponPaused));
    coupon.remaining = Some(0);
    assert_eq!(decided(&coupon, NOON), Err(Rejection::LimitReached));
    coupon.state = State::Deleted;
    assert_eq!(decided(&coupon, NOON), Err(Rejection::CouponNotFound));
}
