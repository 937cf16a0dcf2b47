//! `GET /v1/stats`

use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_domain::coupons::statistics::fill_missing_days;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Reply, view};

use super::days::{RANGE_RULE, query, range};
use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<view::Statistics> {
    OperationDoc::json(tags::COUPONS, "Read the statistics of unknown codes", 200, samples::coupons::statistics())
        .description(
            "Counts rejected attempts to apply or redeem a code that belongs to no coupon, or to a deleted coupon.",
        )
        .query_parameters(range())
        .rules(&[RANGE_RULE])
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<view::Statistics> {
    let query = query(call.request, None)?;
    let (total, days) = call.store.statistics(&query).await.map_err(failure)?;
    Ok(Reply::json(200, &view::Statistics::new(&total, &fill_missing_days(query.from, query.to, days))))
}
