//! Decides whether to accept one code of an apply or redeem request.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use couponflow_domain::coupons::code::UniqueCode;
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::purchases::decision::{Price, check_combinable, check_has_effect, decide};
use couponflow_domain::purchases::pricing::Remainder;
use couponflow_domain::purchases::{Purchase, purchase_key};

use crate::purchases::code_rejection::CodeRejection;

/// One code of a request, with the state on which the decision depends.
pub(crate) struct CodeRequest<'a> {
    pub(crate) purchase: &'a Purchase,
    pub(crate) coupon: &'a Coupon,
    /// Last read state of the unique code. `None` for a shared code.
    pub(crate) unique: Option<&'a UniqueCode>,
    /// Whether the order has a hold of the coupon.
    pub(crate) owns_a_hold: bool,
    pub(crate) left: &'a Remainder,
    /// Coupons of the accepted codes that precede this code in the request.
    pub(crate) accepted: &'a [&'a Coupon],
    pub(crate) is_only_code: bool,
}

impl CodeRequest<'_> {
    /// Prices the order with the last read state of the coupon, or rejects the code. Checks the
    /// coupon before the code, so that the rejection of an inactive coupon reveals nothing about
    /// the coupon's codes. The last check is whether the code discounts anything.
    pub(crate) fn decide(&self, now: DateTime<Utc>) -> Result<Price, CodeRejection> {
        let Self { purchase, coupon, unique, owns_a_hold, left, accepted, is_only_code } = self;
        let seen = if *owns_a_hold { Cow::Owned(coupon.with_own_hold_available()) } else { Cow::Borrowed(*coupon) };
        let price = decide(&seen, &purchase.order, left, purchase.customer.as_ref(), now)
            .map_err(|rejection| CodeRejection::of(rejection, coupon))?;
        let key = purchase_key(&coupon.id, &purchase.order.id);
        if let Some(code) = unique.filter(|code| !code.is_available(&key, now)) {
            return Err(CodeRejection::of_code(code, now));
        }
        check_combinable(coupon, accepted.iter().copied())?;
        check_has_effect(&price, &purchase.order, *is_only_code)?;
        Ok(price)
    }
}
