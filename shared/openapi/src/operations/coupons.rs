//! Coupons.

use couponflow_domain::coupon::Status;
use couponflow_domain::rejection::Rejection;
use couponflow_http::{Operation, ProblemCode};
use serde_json::json;

use super::{DELIVERABLE, page};
use crate::entry::Entry;
use crate::parameters::filter;
use crate::requests::code;
use crate::samples;

const TAG: &str = "Coupons";

/// The rules of terms, new or edited.
const TERMS: [(&str, &str); 15] = [
    ("/starts_at", LOCAL),
    ("/expires_at", "lies ahead and after `/starts_at`"),
    ("/expires_at", LOCAL),
    ("/time_zone", "is one of the IANA database"),
    ("/minimum_order_value", "has one amount in each currency of a fixed discount, and in no other"),
    ("/maximum_discount", "is for percentages, and has one amount in each currency of the minimum"),
    ("/discount/currency_options/*", "is another currency than the discount's own"),
    ("/duration_in_months", "goes with `repeating`, and only with it"),
    ("/abandonment_window", "is from PT1S to P90D"),
    ("/thresholds", "need `/max_redemptions`"),
    ("/thresholds/*/remaining", "is below `/max_redemptions`"),
    ("/expiry_lead_times/*", "is from PT1M to P366D"),
    ("/backup_coupon_id", "names a coupon"),
    ("/only_for", "has `email` or `customer_id`"),
    ("/only_for/email", DELIVERABLE),
];
const LOCAL: &str = "has an offset, or is a local date-time that the clocks of `/time_zone` neither skip nor repeat";

pub(crate) fn create() -> Entry {
    Entry::new(TAG, "Create a coupon", 201, "Coupon", samples::coupon())
        .body("CouponInput", true, &[("flash_sale", samples::terms())])
        .rules(&TERMS)
        .fails_with([ProblemCode::CodeTaken])
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
        .rules(&TERMS)
        .rule("/code", "stays as it is")
        .rule("/code_type", "stays as it is")
        .rule("/max_redemptions", "is not below what is redeemed and held")
        .rule("/discount/*", "is right together with what stays of the discount")
}

pub(crate) fn delete() -> Entry {
    Entry::without_answer(TAG, "Delete a coupon", 204)
        .described("Its code can be used for another coupon then. Its records and statistics stay.")
        .of("CouponId")
        .conditional()
}

pub(crate) fn list() -> Entry {
    let statuses = Status::ALL.map(Status::name);
    let filters = vec![
        filter(
            "code",
            "The coupon with this code, or with this one among its unique codes, whatever made it: one coupon or none.",
            code(),
        ),
        filter(
            "status",
            "With this status; without it, all but the deleted ones.",
            json!({"type": "string", "enum": statuses}),
        ),
        filter(
            "generated",
            "`true` for the coupons that steps of workflows generated, `false` for those that people made. Coupons that \
             were generated before this parameter existed are listed among those that people made.",
            json!({"type": "boolean", "default": false}),
        ),
    ];
    Entry::new(TAG, "List coupons", 200, "CouponPage", page(samples::coupon()))
        .described(
            "Newest first. One answer looks at about 100 coupons at most, so with a `status` a page can be short, even empty, \
             and still have a `next_cursor`.",
        )
        .list(filters)
        .link(Operation::ReadCoupon, "/data/0/id")
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
        .fails_with([Rejection::CouponExpired])
        .fails_with([ProblemCode::Conflict])
}
