//! One code of a request, and what is known of it when it is decided: the same for apply and redeem.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use couponflow_domain::code::UniqueCode;
use couponflow_domain::coupon::Coupon;
use couponflow_domain::decision::{Price, decide, may_combine, takes_something_off};
use couponflow_domain::pricing::Remainder;
use couponflow_domain::purchase::{Purchase, purchase_key};

use crate::code_rejection::CodeRejection;

/// One code of a request, and what there is before it.
pub(crate) struct CodeRequest<'a> {
    pub(crate) purchase: &'a Purchase,
    pub(crate) coupon: &'a Coupon,
    /// Where it is a unique code: as it was read.
    pub(crate) unique: Option<&'a UniqueCode>,
    /// Whether the order holds one of the coupon's redemptions.
    pub(crate) owns_a_hold: bool,
    pub(crate) left: &'a Remainder,
    /// The coupons of the codes before it that are accepted.
    pub(crate) accepted: &'a [&'a Coupon],
    pub(crate) is_only_code: bool,
}

impl CodeRequest<'_> {
    /// The price by the coupon as it was read. First what stands against the coupon, so that a rejection tells nothing about
    /// one that is not for use; last, that there is nothing to take off.
    pub(crate) fn decide(&self, now: DateTime<Utc>) -> Result<Price, CodeRejection> {
        let Self { purchase, coupon, unique, owns_a_hold, left, accepted, is_only_code } = self;
        let seen = if *owns_a_hold { Cow::Owned(coupon.with_hold_returned()) } else { Cow::Borrowed(*coupon) };
        let price = decide(&seen, &purchase.order, left, purchase.customer.as_ref(), now)
            .map_err(|rejection| CodeRejection::of(rejection, coupon))?;
        let key = purchase_key(&coupon.id, &purchase.order.id);
        if let Some(code) = unique.filter(|code| !code.is_available(&key, now)) {
            return Err(CodeRejection::of_code(code, now));
        }
        may_combine(coupon, accepted.iter().copied())?;
        takes_something_off(&price, &purchase.order, *is_only_code)?;
        Ok(price)
    }
}
