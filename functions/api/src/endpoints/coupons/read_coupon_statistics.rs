//! `GET /v1/coupons/{id}/stats`

use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_domain::coupons::statistics::fill_missing_days;
use couponflow_domain::kernel::ids::CouponId;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Problem, Reply, view};

use super::days::{RANGE_RULE, query, range};
use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<view::CouponStatistics> {
    OperationDoc::json(tags::COUPONS, "Read the statistics of a coupon", 200, samples::coupons::coupon_statistics())
        .description(
            "Counts each event of the coupon once, shortly after the event. Days of the time series are in UTC. A \
             rollback subtracts the discount and the revenue of the redemption, on the day of the rollback. \
             `revenue` is the total of whole orders: an order with several codes counts in full for the coupon of \
             each code.",
        )
        .path_id("CouponId")
        .query_parameters(range())
        .rules(&[RANGE_RULE])
}

/// Returns the statistics of a coupon, even if the coupon is deleted.
pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<view::CouponStatistics> {
    let id = call.id(CouponId::parse, "coupon")?;
    let query = query(call.request, Some(id.clone()))?;
    call.store.coupon(&id).await.map_err(failure)?.ok_or_else(|| Problem::not_found("coupon"))?;
    let (total, days) = call.store.statistics(&query).await.map_err(failure)?;
    let statistics = view::Statistics::new(&total, &fill_missing_days(query.from, query.to, days));
    Ok(Reply::json(200, &view::CouponStatistics::new(id, statistics)))
}
