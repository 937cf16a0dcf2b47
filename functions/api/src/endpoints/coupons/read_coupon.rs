//! `GET /v1/coupons/{id}`

use couponflow_app::kernel::system::Clock as _;
use couponflow_aws::system::System;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, view};

use super::shared::{answer, find};
use crate::call::Call;

pub(crate) fn doc() -> OperationDoc<view::Coupon> {
    OperationDoc::json(tags::COUPONS, "Read a coupon", 200, samples::coupons::coupon()).path_id("CouponId")
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<view::Coupon> {
    Ok(answer(200, &find(call).await?, System.now()))
}
