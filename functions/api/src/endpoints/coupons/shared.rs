//! Rules, lookups and responses that the endpoints of coupons share.

use chrono::{DateTime, Utc};
use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_app::coupons::switch::{self, SwitchOutcome};
use couponflow_app::kernel::system::Clock as _;
use couponflow_aws::system::System;
use couponflow_domain::coupons::coupon::{Coupon, State};
use couponflow_domain::kernel::ids::CouponId;
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_http::doc::rules::{EMAIL_RULE, SPAN_RULE};
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Problem, ProblemCode, Reply, etag, view};

use crate::call::Call;
use crate::reply::failure;

/// Rules for the terms of a coupon, on create and edit.
pub(super) const TERMS_RULES: [(&str, &str); 15] = [
    ("/starts_at", INSTANT_RULE),
    ("/expires_at", "must be in the future and later than `/starts_at`"),
    ("/expires_at", INSTANT_RULE),
    ("/time_zone", "must be an IANA time zone"),
    ("/minimum_order_value", "must have exactly one amount in each currency of the fixed-amount discount"),
    (
        "/maximum_discount",
        "is allowed for percentage discounts only, and must have exactly one amount in each currency of \
         `/minimum_order_value` if this value is set",
    ),
    ("/discount/currency_options/*", "must be a currency other than the discount's own"),
    ("/duration_in_months", "is required with `repeating` and not allowed otherwise"),
    ("/abandonment_window", SPAN_RULE),
    ("/thresholds", "requires `/max_redemptions`"),
    ("/thresholds/*/remaining", "must be less than `/max_redemptions`"),
    ("/expiry_lead_times/*", SPAN_RULE),
    ("/backup_coupon_id", "must be the id of a coupon"),
    ("/only_for", "must have `email` or `customer_id`"),
    ("/only_for/email", EMAIL_RULE),
];
const INSTANT_RULE: &str = "must have an offset, or be a local date-time that occurs exactly once in `/time_zone`";

/// Finds the coupon with the id in the path. The coupon may be deleted.
pub(super) async fn find(call: &Call<'_>) -> Result<Coupon, Problem> {
    let id = call.id(CouponId::parse, "coupon")?;
    call.store.coupon(&id).await.map_err(failure)?.ok_or_else(|| Problem::not_found("coupon"))
}

/// Builds a response with a coupon. The `ETag` header is the version of the coupon.
pub(super) fn answer(status: u16, coupon: &Coupon, now: DateTime<Utc>) -> Reply<view::Coupon> {
    let (name, version) = etag(coupon.version);
    Reply::json(status, &view::Coupon::new(coupon, now)).with_header(name, version)
}

/// Documents an endpoint that pauses or activates a coupon.
pub(super) fn switch_doc(summary: &'static str) -> OperationDoc<view::Coupon> {
    OperationDoc::json(tags::COUPONS, summary, 200, samples::coupons::coupon())
        .description("Changes nothing if the coupon already has this state. An expired coupon is rejected.")
        .path_id("CouponId")
        .fails_with([Rejection::CouponExpired])
        .fails_with([ProblemCode::Conflict])
}

/// Pauses or activates a coupon. Changes nothing if the coupon already has the state `to`.
pub(super) async fn switch(call: &Call<'_>, to: State) -> EndpointResult<view::Coupon> {
    let id = call.id(CouponId::parse, "coupon")?;
    let now = System.now();
    match switch::switch(call.store, &id, to, now).await.map_err(failure)? {
        SwitchOutcome::Done(coupon) => Ok(answer(200, &coupon, now)),
        SwitchOutcome::NotFound => Err(Problem::not_found("coupon")),
        SwitchOutcome::Expired => Err(Rejection::CouponExpired.into()),
        SwitchOutcome::Conflict => Err(Problem::changed_meanwhile("coupon")),
    }
}
