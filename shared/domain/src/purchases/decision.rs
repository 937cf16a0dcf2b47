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
mod tests;
