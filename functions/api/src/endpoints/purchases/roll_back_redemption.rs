//! `POST /v1/redemptions/{id}/rollback`

use couponflow_app::kernel::system::Clock as _;
use couponflow_app::purchases::roll_back::roll_back_when_numbered;
use couponflow_aws::system::System;
use couponflow_domain::coupons::coupon::RollbackReason;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::ids::RedemptionId;
use couponflow_domain::kernel::input;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Problem, Reply, view};
use serde_json::json;

use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<view::RedemptionRecord> {
    OperationDoc::json(tags::PURCHASES, "Roll back a redemption", 200, samples::purchases::rolled_back())
        .description(
            "Idempotent: repeated requests roll back only once. The redemption becomes available again if the \
             coupon's `release_on` contains the reason and the coupon is neither expired nor deleted. Later changes \
             of the coupon do not change the result of the rollback. If a used-up coupon becomes available again, \
             `CouponLimitReached` and `CouponThresholdReached` are published again when the coupon reaches the limit \
             and the thresholds again. If several codes were redeemed on one order, roll back each redemption \
             individually. A rollback changes neither the `total` of the rolled-back redemption nor that of the \
             other redemptions of the order. Without a body, the reason is `order_cancelled`.",
        )
        .path_id("RedemptionId")
        .own_body("RollbackInput", RollbackReason::input_schema(), false, &[("refund", json!({"reason": "refunded"}))])
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<view::RedemptionRecord> {
    let id = call.id(RedemptionId::parse, "redemption")?;
    let reason = match call.request.is_empty() {
        true => RollbackReason::OrderCancelled,
        false => call.request.body(|body| input::read(body, RollbackReason::read))?,
    };
    let rolled_back =
        roll_back_when_numbered(call.store, &id, reason, System.now(), &CorrelationId::new(&call.request.id)).await;
    let redemption = rolled_back.map_err(failure)?.ok_or_else(|| Problem::not_found("redemption"))?;
    Ok(Reply::json(200, &view::RedemptionRecord::from(&redemption)).about(redemption.customer.as_ref()))
}
