//! Coupons.

use couponflow_domain::rejection::Rejection;
use couponflow_http::{Operation, ProblemCode};

use super::page;
use crate::entry::Entry;
use crate::samples;

const TAG: &str = "Coupons";

pub(crate) fn create() -> Entry {
    Entry::new(TAG, "Create a coupon", 201, "Coupon", samples::coupon())
        .body("CouponInput", true, &[("flash_sale", samples::terms())])
        .rule("`expires_at` lies ahead and after `starts_at`")
        .rule("`minimum_order_value` is in the currency of a fixed discount")
        .rule("`backup_coupon_id` names a coupon")
        .refuses([ProblemCode::CodeTaken])
        .link(Operation::ReadCoupon, "/id")
        .link(Operation::PauseCoupon, "/id")
        .link(Operation::ActivateCoupon, "/id")
}

pub(crate) fn list() -> Entry {
    Entry::new(TAG, "List coupons", 200, "CouponPage", page(samples::coupon())).list(Vec::new())
}

pub(crate) fn read() -> Entry {
    Entry::new(TAG, "Read a coupon", 200, "Coupon", samples::coupon()).of("CouponId")
}

pub(crate) fn pause() -> Entry {
    switch("Switch a coupon off")
}

pub(crate) fn activate() -> Entry {
    switch("Switch a coupon on")
}

fn switch(summary: &'static str) -> Entry {
    Entry::new(TAG, summary, 200, "Coupon", samples::coupon())
        .described("One that is so already is answered as it is. An expired coupon stays so.")
        .of("CouponId")
        .refuses([Rejection::CouponExpired])
        .refuses([ProblemCode::Conflict])
}
