//! Coupons.

use couponflow_domain::rejection::Rejection;
use couponflow_http::{Operation, ProblemCode};
use serde_json::json;

use super::page;
use crate::entry::Entry;
use crate::samples;

const TAG: &str = "Coupons";
const AMOUNTS: &str = "`minimum_order_value` is in the currencies of a fixed discount, `maximum_discount` is for percentages \
                       and in the currencies of the minimum, and each has one amount in a currency";
const LOCAL: &str = "a local date-time needs `time_zone`, and is one that the clocks neither skip nor repeat there";
const THRESHOLDS: &str = "`thresholds` need `max_redemptions`, and `remaining` is below it";
const MONTHS: &str = "`duration_in_months` is for `repeating` only, and needed there";

pub(crate) fn create() -> Entry {
    Entry::new(TAG, "Create a coupon", 201, "Coupon", samples::coupon())
        .body("CouponInput", true, &[("flash_sale", samples::terms())])
        .rule("`expires_at` lies ahead and after `starts_at`")
        .rule(AMOUNTS)
        .rule(LOCAL)
        .rule(THRESHOLDS)
        .rule(MONTHS)
        .rule("`backup_coupon_id` names a coupon")
        .refuses([ProblemCode::CodeTaken])
        .link(Operation::ReadCoupon, "/id")
        .link(Operation::PauseCoupon, "/id")
        .link(Operation::ActivateCoupon, "/id")
}

pub(crate) fn edit() -> Entry {
    Entry::new(TAG, "Edit a coupon", 200, "Coupon", samples::coupon())
        .described(
            "A JSON merge patch (RFC 7396) of the terms; null takes a member away. A `discount` with a `type` is a new one as \
             a whole. Raising or removing the limit begins a new limit epoch. Moving `expires_at` past the expiry brings the \
             coupon back, and it can expire once more.",
        )
        .of("CouponId")
        .conditional()
        .body("CouponPatch", true, &[("prolong", json!({"expires_at": "2030-01-01T00:00:00Z", "max_redemptions": 200}))])
        .rule("the terms that come out are right together, as when a coupon is created")
        .rule("`code` and `code_type` stay as they are")
        .rule("`max_redemptions` is not below what is redeemed and held")
        .rule("`expires_at`, where it moves, lies ahead")
        .rule("`backup_coupon_id` names a coupon")
}

pub(crate) fn delete() -> Entry {
    Entry::without_answer(TAG, "Delete a coupon", 204)
        .described("Its code can be used for another coupon then. Its records and statistics stay.")
        .of("CouponId")
        .conditional()
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
