//! Decides whether to accept one code of an apply or redeem request.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use couponflow_domain::coupons::code::UniqueCode;
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::purchases::Purchase;
use couponflow_domain::purchases::decision::{Case, Judgement, Price};
use couponflow_domain::purchases::pricing::Remainder;
use couponflow_domain::purchases::rejection::Rejection;

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
    /// Number of the customer's redemptions of the coupon. `None` if the number was not read.
    pub(crate) redeemed_by_customer: Option<i64>,
}

impl CodeRequest<'_> {
    /// Prices the order with the last read state of the coupon, or rejects the code.
    pub(crate) fn decide(&self, now: DateTime<Utc>) -> Result<Price, CodeRejection> {
        let rejected = |rejection| match (rejection, self.unique) {
            (Rejection::CodeAlreadyUsed, Some(code)) => CodeRejection::of_code(code, now),
            (rejection, _) => CodeRejection::of(rejection, self.coupon),
        };
        self.with_case(now, |case| case.decide()).map_err(rejected)
    }

    /// Judges every term of the coupon with the last read state.
    pub(crate) fn judge(&self, now: DateTime<Utc>) -> Vec<Judgement> {
        self.with_case(now, |case| case.judge())
    }

    fn with_case<T>(&self, now: DateTime<Utc>, decide: impl FnOnce(&Case<'_>) -> T) -> T {
        let Self { purchase, coupon, unique, owns_a_hold, left, accepted, is_only_code, redeemed_by_customer } = *self;
        let seen = if owns_a_hold { Cow::Owned(coupon.with_own_hold_available()) } else { Cow::Borrowed(coupon) };
        decide(&Case {
            coupon: &seen,
            unique,
            order: &purchase.order,
            customer: purchase.customer.as_ref(),
            left,
            accepted,
            is_only_code,
            redeemed_by_customer,
            now,
        })
    }
}
