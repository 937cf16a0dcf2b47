//! Whether a coupon may be used for an order, and what it takes off: the one decision behind apply and redeem.

use chrono::{DateTime, Utc};

use crate::coupon::{Coupon, Discount, State};
use crate::customer::Customer;
use crate::order::Order;
use crate::pricing::{self, PricedDiscount};
use crate::rejection::Rejection;

/// Decides from the coupon as it was read. For a redemption the write decides again, on the coupon as it then is; only
/// what can't change under a version (terms, prices) is final here.
///
/// Expired comes before used up, used up before paused: a coupon that a workflow pauses because its limit is reached
/// keeps answering *limit reached*.
///
/// # Errors
/// The first reason, in that order, why it may not.
pub fn decide(
    coupon: &Coupon,
    order: &Order,
    customer: Option<&Customer>,
    now: DateTime<Utc>,
) -> Result<PricedDiscount, Rejection> {
    availability(coupon, now)?;
    let terms = &coupon.terms;
    if let Discount::FixedAmount { currency, .. } = terms.discount
        && currency != order.currency
    {
        return Err(Rejection::CurrencyMismatch);
    }
    if let Some(minimum) = terms.minimum_order_value {
        if minimum.currency != order.currency {
            return Err(Rejection::CurrencyMismatch);
        }
        if order.value().amount < minimum.amount {
            return Err(Rejection::MinimumOrderNotMet);
        }
    }
    if terms.max_redemptions_per_customer.is_some() && customer.is_none() {
        return Err(Rejection::CustomerRequired);
    }
    pricing::price(terms.discount, &terms.applies_to, order).ok_or(Rejection::ProductsNotEligible)
}

/// Whether anybody may use the coupon at `now`.
///
/// # Errors
/// Why nobody may.
pub fn availability(coupon: &Coupon, now: DateTime<Utc>) -> Result<(), Rejection> {
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
    use crate::coupon::Terms;
    use crate::ids::CouponId;
    use crate::input;
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
        decide(coupon, &order("USD"), None, at(now)).map(|priced| priced.amount)
    }

    #[test]
    fn expiry_instant_is_already_expired() {
        let coupon = coupon(json!({"expires_at": NOON}));
        assert_eq!(decided(&coupon, "2026-07-31T11:59:59.999Z"), Ok(1250));
        assert_eq!(decided(&coupon, NOON), Err(Rejection::CouponExpired));
    }

    #[test]
    fn start_instant_is_already_valid() {
        let coupon = coupon(json!({"starts_at": NOON}));
        assert_eq!(decided(&coupon, "2026-07-31T11:59:59.999Z"), Err(Rejection::CouponNotStarted));
        assert_eq!(decided(&coupon, NOON), Ok(1250));
    }

    #[test]
    fn each_term_refuses_with_its_own_reason() {
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
    fn a_used_up_coupon_answers_limit_reached_even_when_paused() {
        let mut coupon = coupon(json!({"max_redemptions": 1}));
        coupon.state = State::Paused;
        assert_eq!(decided(&coupon, NOON), Err(Rejection::CouponPaused));
        coupon.remaining = Some(0);
        assert_eq!(decided(&coupon, NOON), Err(Rejection::LimitReached));
        coupon.state = State::Deleted;
        assert_eq!(decided(&coupon, NOON), Err(Rejection::CouponNotFound));
    }
}
