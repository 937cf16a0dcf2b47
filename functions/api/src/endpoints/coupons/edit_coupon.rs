//! `PATCH /v1/coupons/{id}`

use couponflow_app::coupons::edit::{self, CouponEditOutcome};
use couponflow_app::kernel::system::Clock as _;
use couponflow_aws::system::System;
use couponflow_domain::coupons::coupon::Terms;
use couponflow_domain::kernel::ids::CouponId;
use couponflow_domain::kernel::input;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, IfMatch, Problem, view};
use serde_json::{Value, json};

use super::shared::{TERMS_RULES, answer};
use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<view::Coupon> {
    OperationDoc::json(tags::COUPONS, "Edit a coupon", 200, samples::coupons::coupon())
        .description(
            "Applies a JSON merge patch (RFC 7396) to the terms. Null removes a member. A `discount` with a `type` \
             replaces the whole discount. After `max_redemptions` was raised, removed or introduced, \
             `CouponLimitReached` and `CouponThresholdReached` are published again when the coupon reaches the limit \
             and the thresholds. Moving `expires_at` of an expired coupon into the future makes the coupon valid \
             again. `CouponExpired` is then published again at the new `expires_at`.",
        )
        .path_id("CouponId")
        .requires_if_match()
        .body(
            "CouponPatch",
            true,
            &[("prolong", json!({"expires_at": "2030-01-01T00:00:00Z", "max_redemptions": 200}))],
        )
        .rules(&TERMS_RULES)
        .rule("/code", "cannot be changed")
        .rule("/code_type", "cannot be changed")
        .rule("/max_redemptions", "must not be less than the number of redemptions used and held")
        .rule("/discount/*", "must be valid together with the unchanged members of the discount")
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<view::Coupon> {
    let id = call.id(CouponId::parse, "coupon")?;
    let expected = IfMatch::of(call.request)?;
    let patch = call.merge_patch()?;
    let backup = patch.get("backup_coupon_id").and_then(|backup| CouponId::parse(backup.as_str()?).ok());
    let change = |terms: &Terms| {
        let mut document = json!(terms);
        // A new type replaces the whole discount, because the members of the types differ.
        if patch["discount"].get("type").is_some() {
            document["discount"] = Value::Null;
        }
        json_patch::merge(&mut document, &patch);
        input::read(&document, Terms::read)
    };
    let now = System.now();
    let accepts = |version| expected.accepts(version);
    let edited = edit::edit_with_backup(call.store, &id, accepts, backup.as_ref(), change, now).await;
    match edited.map_err(failure)? {
        CouponEditOutcome::Done(coupon) => Ok(answer(200, &coupon, now)),
        CouponEditOutcome::NotFound => Err(Problem::not_found("coupon")),
        CouponEditOutcome::Stale => Err(Problem::stale()),
        CouponEditOutcome::Invalid(errors) => Err(Problem::invalid(errors)),
    }
}
