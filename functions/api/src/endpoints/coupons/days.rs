//! The parameters `from` and `to` of the endpoints that return statistics.

use chrono::Days;
use couponflow_app::coupons::ports::StatisticsQuery;
use couponflow_app::kernel::system::Clock as _;
use couponflow_aws::system::System;
use couponflow_domain::kernel::ids::CouponId;
use couponflow_http::doc::parameters::day;
use couponflow_http::{Problem, Request};
use serde_json::Value;

/// Default number of days between `from` and `to`. The time series includes both `from` and `to`,
/// so it has 30 days.
const DEFAULT_DAYS: Days = Days::new(29);
/// Maximum length of a time series, in days.
const MAX_DAYS: i64 = 366;

/// Rule for the parameter `from`.
pub(super) const RANGE_RULE: (&str, &str) = ("?from", "must be the same day as `to`, or at most 365 days before `to`");

/// Documents the parameters `from` and `to`.
pub(super) fn range() -> Vec<Value> {
    vec![
        day("from", "First day of the time series. Default: 29 days before `to`.", false),
        day("to", "Last day of the time series. Default: today.", false),
    ]
}

/// Reads the parameters `from` and `to`.
pub(super) fn query(request: &Request, coupon_id: Option<CouponId>) -> Result<StatisticsQuery, Problem> {
    request.only(&["from", "to"])?;
    let to = request.day("to")?.unwrap_or_else(|| System.now().date_naive());
    let from = request.day("from")?;
    let from = from.or_else(|| to.checked_sub_days(DEFAULT_DAYS)).unwrap_or(to);
    if !(0..MAX_DAYS).contains(&(to - from).num_days()) {
        return Err(Problem::invalid_parameter(
            "from",
            &format!("must be the same day as `to`, or at most {} days before `to`", MAX_DAYS - 1),
        ));
    }
    Ok(StatisticsQuery { coupon_id, from, to })
}
