//! Decides whether a coupon can be used for an order, and at what price. Apply and redeem make the
//! same decision.

mod case;
mod judgement;

pub use case::Case;
pub use judgement::{Judgement, Term};

use chrono::{DateTime, Utc};

use crate::coupons::code::UniqueCode;
use crate::coupons::coupon::{Amounts, Coupon, CouponValue, State};
use crate::kernel::money::Currency;
use crate::purchases::customer::Customer;
use crate::purchases::order::Order;
use crate::purchases::pricing::{Payment, PricedDiscount, Rate, Remainder};
use crate::purchases::rejection::Rejection;
use crate::purchases::{pricing, purchase_key};

/// Price of a coupon for an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// Percentage, or amount in the order's currency.
    pub value: CouponValue,
    /// Maximum discount in minor units.
    pub maximum: Option<i64>,
    /// Discount of earlier codes on the same order, in minor units.
    pub discounted_before: i64,
    /// Discount on the order itself.
    pub discount: PricedDiscount,
    /// Discount on a later payment of a subscription, priced after earlier codes that also discount
    /// later payments. `None` if the coupon applies to no recurring product of the order.
    pub later: Option<PricedDiscount>,
}

/// Decides whether `coupon` can be used for `order`, and at what price. `left` is the remainder of
/// the order after earlier codes.
///
/// `coupon` can be outdated. The conditional write of a redemption therefore checks the version,
/// state, expiry and limit of the coupon again. Exception: if [`Coupon::is_unlimited_unique`] is
/// true, the write can check only the unique code.
///
/// Reasons are checked in a fixed order. *Expired* comes first, then *limit reached*, then
/// *paused*. If a workflow pauses a coupon because its limit is reached, the reason therefore stays
/// *limit reached*.
///
/// The minimum order value is compared with the order before any discount. The price is computed on
/// `left`. If a coupon is restricted to one customer, other customers get *not found*.
///
/// # Errors
/// Returns the first [`Rejection`] if the coupon cannot be used.
pub fn decide(
    coupon: &Coupon,
    order: &Order,
    left: &Remainder,
    customer: Option<&Customer>,
    now: DateTime<Utc>,
) -> Result<Price, Rejection> {
    check_only_for(coupon, customer)?;
    check_available(coupon, now)?;
    let rate = rate_in(coupon, order.currency)?;
    check_minimum(coupon, order)?;
    check_customer_is_named(coupon, customer)?;
    price(rate, coupon, order, left)
}

/// Returns the discount of a coupon in `currency`.
fn rate_in(coupon: &Coupon, currency: Currency) -> Result<Rate, Rejection> {
    let value = coupon.terms.discount.value_in(currency).ok_or(Rejection::CurrencyMismatch)?;
    Ok(Rate { value, maximum: in_currency(coupon.terms.maximum_discount.as_ref(), currency)? })
}

/// Prices a coupon on the remainder of an order.
fn price(rate: Rate, coupon: &Coupon, order: &Order, left: &Remainder) -> Result<Price, Rejection> {
    let price = |payment| pricing::price(rate, &coupon.terms.applies_to, order, left, payment);
    let discount = price(Payment::First).ok_or(Rejection::ProductsNotEligible)?;
    let (Rate { value, maximum }, later) = (rate, price(Payment::Later));
    Ok(Price { value, maximum, discounted_before: left.deducted(), discount, later })
}

/// Checks that the customer may use a coupon that is restricted to one customer.
fn check_only_for(coupon: &Coupon, customer: Option<&Customer>) -> Result<(), Rejection> {
    match coupon.is_for(customer) {
        true => Ok(()),
        false => Err(Rejection::CouponNotFound),
    }
}

/// Returns the minor units in `currency`, or `None` if there are no amounts.
fn in_currency(amounts: Option<&Amounts>, currency: Currency) -> Result<Option<i64>, Rejection> {
    match amounts {
        Some(amounts) => amounts.in_currency(currency).map(Some).ok_or(Rejection::CurrencyMismatch),
        None => Ok(None),
    }
}

/// Checks the value of the order before any discount.
fn check_minimum(coupon: &Coupon, order: &Order) -> Result<(), Rejection> {
    let minimum = in_currency(coupon.terms.minimum_order_value.as_ref(), order.currency)?;
    match minimum.is_some_and(|minimum| order.value().amount < minimum) {
        true => Err(Rejection::MinimumOrderNotMet),
        false => Ok(()),
    }
}

/// Checks that the request names a customer, if the coupon has a limit per customer.
fn check_customer_is_named(coupon: &Coupon, customer: Option<&Customer>) -> Result<(), Rejection> {
    match coupon.terms.max_redemptions_per_customer.is_some() && customer.is_none() {
        true => Err(Rejection::CustomerRequired),
        false => Ok(()),
    }
}

/// Checks that the order can use a unique code at `now`.
///
/// # Errors
/// Returns [`Rejection::CodeAlreadyUsed`] if the code is redeemed, or held for another order.
pub fn check_code(code: &UniqueCode, coupon: &Coupon, order: &Order, now: DateTime<Utc>) -> Result<(), Rejection> {
    match code.is_available(&purchase_key(&coupon.id, &order.id), now) {
        true => Ok(()),
        false => Err(Rejection::CodeAlreadyUsed),
    }
}

/// Checks the limit per customer. `redeemed` is the number of the customer's redemptions that count.
///
/// # Errors
/// Returns [`Rejection::CustomerLimitReached`] if the coupon has such a limit and the customer has used all redemptions.
pub fn check_customer_limit(coupon: &Coupon, redeemed: i64) -> Result<(), Rejection> {
    match coupon.terms.max_redemptions_per_customer.is_some_and(|most| redeemed >= most) {
        true => Err(Rejection::CustomerLimitReached),
        false => Ok(()),
    }
}

/// Checks that the code takes something off the order. A code without effect is accepted only if it
/// is the only code and the order is free before any discount.
///
/// # Errors
/// Returns [`Rejection::NothingToDiscount`] if a code without effect is not accepted.
pub fn check_has_effect(price: &Price, order: &Order, is_only_code: bool) -> Result<(), Rejection> {
    let is_free_anyway = is_only_code && order.value().amount == 0;
    match price.discount.amount > 0 || is_free_anyway {
        true => Ok(()),
        false => Err(Rejection::NothingToDiscount),
    }
}

/// Checks that a coupon can be combined with the coupons that are already accepted for the order.
/// All coupons must be combinable, and no coupon may occur twice.
///
/// # Errors
/// Returns [`Rejection::CouponNotCombinable`] if the combination is not permitted.
pub fn check_combinable<'a>(coupon: &Coupon, accepted: impl IntoIterator<Item = &'a Coupon>) -> Result<(), Rejection> {
    match accepted.into_iter().any(|other| clashes(coupon, other)) {
        true => Err(Rejection::CouponNotCombinable),
        false => Ok(()),
    }
}

/// Whether two coupons cannot be used for the same order.
fn clashes(coupon: &Coupon, other: &Coupon) -> bool {
    other.id == coupon.id || !other.terms.combinable || !coupon.terms.combinable
}

/// Checks the coupon's own state, expiry, limit and start at `now`, independent of order and customer.
///
/// # Errors
/// Returns the first [`Rejection`] if the coupon is not available.
pub fn check_available(coupon: &Coupon, now: DateTime<Utc>) -> Result<(), Rejection> {
    if coupon.state == State::Deleted {
        return Err(Rejection::CouponNotFound);
    }
    check_expiry(coupon, now)?;
    check_limit(coupon)?;
    check_state(coupon)?;
    check_start(coupon, now)
}

fn check_expiry(coupon: &Coupon, now: DateTime<Utc>) -> Result<(), Rejection> {
    match coupon.state == State::Expired || coupon.is_past_expiry(now) {
        true => Err(Rejection::CouponExpired),
        false => Ok(()),
    }
}

/// Checks that a redemption is left. A redemption that is held for another order is not left.
fn check_limit(coupon: &Coupon) -> Result<(), Rejection> {
    match coupon.remaining.is_some_and(|remaining| remaining <= 0) {
        true => Err(Rejection::LimitReached),
        false => Ok(()),
    }
}

fn check_state(coupon: &Coupon) -> Result<(), Rejection> {
    match coupon.state == State::Paused {
        true => Err(Rejection::CouponPaused),
        false => Ok(()),
    }
}

fn check_start(coupon: &Coupon, now: DateTime<Utc>) -> Result<(), Rejection> {
    match coupon.terms.starts_at.is_some_and(|starts_at| now < starts_at) {
        true => Err(Rejection::CouponNotStarted),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
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
            decide(coupon, &order, &Remainder::of(&order), customer.as_ref(), at(NOON))
                .map(|price| price.discount.amount)
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
}
