//! Decides whether a coupon can be used for an order, and at what price. Apply and redeem make the
//! same decision.

use chrono::{DateTime, Utc};

use crate::coupons::coupon::{Amounts, Coupon, CouponValue, State};
use crate::purchases::customer::Customer;
use crate::purchases::order::Order;
use crate::purchases::pricing;
use crate::purchases::pricing::{Payment, PricedDiscount, Rate, Remainder};
use crate::purchases::rejection::Rejection;

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
    let terms = &coupon.terms;
    if !coupon.is_for(customer) {
        return Err(Rejection::CouponNotFound);
    }
    check_available(coupon, now)?;
    let value = terms.discount.value_in(order.currency).ok_or(Rejection::CurrencyMismatch)?;
    let in_currency = |amounts: &Option<Amounts>| match amounts {
        Some(amounts) => amounts.in_currency(order.currency).map(Some).ok_or(Rejection::CurrencyMismatch),
        None => Ok(None),
    };
    let maximum = in_currency(&terms.maximum_discount)?;
    if in_currency(&terms.minimum_order_value)?.is_some_and(|minimum| order.value().amount < minimum) {
        return Err(Rejection::MinimumOrderNotMet);
    }
    if terms.max_redemptions_per_customer.is_some() && customer.is_none() {
        return Err(Rejection::CustomerRequired);
    }
    let rate = Rate { value, maximum };
    let price = |payment| pricing::price(rate, &terms.applies_to, order, left, payment);
    let discount = price(Payment::First).ok_or(Rejection::ProductsNotEligible)?;
    Ok(Price { value, maximum, discounted_before: left.deducted(), discount, later: price(Payment::Later) })
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
    let clashes = |other: &Coupon| other.id == coupon.id || !other.terms.combinable || !coupon.terms.combinable;
    match accepted.into_iter().any(clashes) {
        true => Err(Rejection::CouponNotCombinable),
        false => Ok(()),
    }
}

/// Checks the coupon's own state, expiry, limit and start at `now`, independent of order and customer.
///
/// # Errors
/// Returns the first [`Rejection`] if the coupon is not available.
pub fn check_available(coupon: &Coupon, now: DateTime<Utc>) -> Result<(), Rejection> {
    match coupon.state {
        State::Deleted => Err(Rejection::CouponNotFound),
        State::Expired => Err(Rejection::CouponExpired),
        _ if coupon.is_past_expiry(now) => Err(Rejection::CouponExpired),
        _ if coupon.remaining.is_some_and(|remaining| remaining <= 0) => Err(Rejection::LimitReached),
        State::Paused => Err(Rejection::CouponPaused),
        State::Active if coupon.terms.starts_at.is_some_and(|starts_at| now < starts_at) => {
            Err(Rejection::CouponNotStarted)
        }
        State::Active => Ok(()),
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
