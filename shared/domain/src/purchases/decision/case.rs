//! One code of a request, with everything on which the decision about the code depends.

use chrono::{DateTime, Utc};

use super::{Price, check_code, check_combinable, check_customer_limit, check_has_effect, decide};
use crate::coupons::code::UniqueCode;
use crate::coupons::coupon::Coupon;
use crate::purchases::customer::Customer;
use crate::purchases::order::Order;
use crate::purchases::pricing::Remainder;
use crate::purchases::rejection::Rejection;

/// One code of a request, with everything on which the decision about the code depends.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The coupon. If the order has a hold of the coupon, the held redemption counts as available.
    pub coupon: &'a Coupon,
    /// Last read state of the unique code. `None` for a shared code.
    pub unique: Option<&'a UniqueCode>,
    pub order: &'a Order,
    pub customer: Option<&'a Customer>,
    /// Remainder of the order after earlier codes.
    pub left: &'a Remainder,
    /// Coupons of the accepted codes that precede this code in the request.
    pub accepted: &'a [&'a Coupon],
    pub is_only_code: bool,
    /// Number of the customer's redemptions of the coupon. `None` if the number was not read.
    pub redeemed_by_customer: Option<i64>,
    pub now: DateTime<Utc>,
}

impl Case<'_> {
    /// Prices the order, or rejects the code. Checks the coupon before the code, so that the rejection of an inactive
    /// coupon reveals nothing about the coupon's codes. The last check is the limit per customer.
    ///
    /// # Errors
    /// Returns the first [`Rejection`] if the code cannot be used.
    pub fn decide(&self) -> Result<Price, Rejection> {
        let price = decide(self.coupon, self.order, self.left, self.customer, self.now)?;
        if let Some(code) = self.unique {
            check_code(code, self.coupon, self.order, self.now)?;
        }
        check_combinable(self.coupon, self.accepted.iter().copied())?;
        check_has_effect(&price, self.order, self.is_only_code)?;
        if let Some(redeemed) = self.redeemed_by_customer {
            check_customer_limit(self.coupon, redeemed)?;
        }
        Ok(price)
    }
}
