//! Endpoints for coupon statistics.

use chrono::Days;
use couponflow_app::coupons::ports::ReadCoupons as _;
use couponflow_app::events::ports::{StatisticsQuery, StatisticsStore as _};
use couponflow_app::kernel::system::Clock as _;
use couponflow_aws::dynamo::TenantStore;
use couponflow_aws::system::System;
use couponflow_domain::coupons::statistics::fill_missing_days;
use couponflow_domain::kernel::ids::CouponId;
use couponflow_http::{Answer, Problem, Request, view};

use crate::reply::{EndpointResult, failure, id};

/// Default number of days between `from` and `to`. The time series includes both `from` and `to`,
/// so it has 30 days.
const DEFAULT_DAYS: Days = Days::new(29);
/// Maximum length of a time series, in days.
const MOST_DAYS: i64 = 366;

/// Returns the statistics of a coupon. The coupon can be deleted.
pub(crate) async fn of_coupon(store: &TenantStore, request: &Request, coupon_id: &str) -> EndpointResult {
    let id = id(CouponId::parse, coupon_id, "coupon")?;
    let query = query(request, Some(id.clone()))?;
    store.coupon(&id).await.map_err(failure)?.ok_or_else(|| Problem::not_found("coupon"))?;
    let (total, days) = store.statistics(&query).await.map_err(failure)?;
    let mut view = view::statistics(&total, &fill_missing_days(query.from, query.to, days));
    view["coupon_id"] = serde_json::json!(id);
    Ok(Answer::json(200, view))
}

/// Returns the statistics of attempts with codes that belong to no coupon, such as mistyped or
/// guessed codes.
pub(crate) async fn without_coupon(store: &TenantStore, request: &Request) -> EndpointResult {
    let query = query(request, None)?;
    let (total, days) = store.statistics(&query).await.map_err(failure)?;
    Ok(Answer::json(200, view::statistics(&total, &fill_missing_days(query.from, query.to, days))))
}

fn query(request: &Request, coupon_id: Option<CouponId>) -> Result<StatisticsQuery, Problem> {
    request.only(&["from", "to"])?;
    let to = request.day("to")?.unwrap_or_else(|| System.now().date_naive());
    let from = request.day("from")?;
    let from = from.or_else(|| to.checked_sub_days(DEFAULT_DAYS)).unwrap_or(to);
    if !(0..MOST_DAYS).contains(&(to - from).num_days()) {
        return Err(Problem::invalid_parameter(
            "from",
            &format!("must be the same day as `to`, or at most {} days before `to`", MOST_DAYS - 1),
        ));
    }
    Ok(StatisticsQuery { coupon_id, from, to })
}
