//! Views of coupons and their statistics.

use chrono::{DateTime, NaiveDate, Utc};
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::coupons::statistics::Statistics;
use serde_json::{Value, json};

/// Represents a coupon with its status at `now`.
pub fn coupon(coupon: &Coupon, now: DateTime<Utc>) -> Value {
    let mut view = json!(coupon.terms);
    view["id"] = json!(coupon.id);
    view["status"] = json!(coupon.status(now));
    view["times_redeemed"] = json!(coupon.times_redeemed);
    view["times_applied"] = json!(coupon.times_applied);
    view["held"] = json!(coupon.held);
    view["created_at"] = json!(coupon.created_at);
    view["updated_at"] = json!(coupon.updated_at);
    view
}

/// Represents statistics with a time series. The time series contains only days on which something
/// was counted.
pub fn statistics(total: &Statistics, days: &[(NaiveDate, Statistics)]) -> Value {
    let mut view = total.view();
    let day = |(date, statistics): &(NaiveDate, Statistics)| {
        let mut view = statistics.view();
        view["date"] = json!(date);
        view
    };
    view["time_series"] = days.iter().map(day).collect();
    view
}
