//! Views of coupons and their statistics.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use couponflow_domain::coupons::coupon::{self, Status, Terms};
use couponflow_domain::coupons::statistics;
use couponflow_domain::kernel::ids::CouponId;
use couponflow_domain::kernel::money::{Currency, Money};
use schemars::JsonSchema;
use serde::Serialize;

/// A coupon: its terms, status and counters.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Coupon {
    #[serde(flatten)]
    terms: Terms,
    /// Id of the coupon.
    id: CouponId,
    /// Current status.
    status: Status,
    /// Number of redemptions, without redemptions that a rollback made available again.
    times_redeemed: i64,
    /// Number of `CouponApplied` events of the coupon.
    times_applied: i64,
    /// Number of redemptions that holds currently reserve.
    held: i64,
    /// Creation time.
    created_at: DateTime<Utc>,
    /// Time of the last edit, pause, activation, expiry or deletion.
    updated_at: DateTime<Utc>,
}

impl Coupon {
    /// Creates the view of a coupon with its status at `now`.
    pub fn new(coupon: &coupon::Coupon, now: DateTime<Utc>) -> Self {
        Self {
            terms: coupon.terms.clone(),
            id: coupon.id.clone(),
            status: coupon.status(now),
            times_redeemed: coupon.times_redeemed,
            times_applied: coupon.times_applied,
            held: coupon.held,
            created_at: coupon.created_at,
            updated_at: coupon.updated_at,
        }
    }
}

/// Counters of coupon activity, in total or for one day.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Counts {
    /// Number of unique codes issued.
    issued: i64,
    /// Number of `CouponApplied` events. The event is published for each new application, and when
    /// the price of an application changes.
    applied: i64,
    /// Number of redemptions, including redemptions that were rolled back later.
    redeemed: i64,
    /// Number of redemptions rolled back.
    rolled_back: i64,
    /// Number of applications abandoned.
    abandoned: i64,
    /// Number of rejected attempts, by rejection code.
    #[schemars(title = "RejectionCounts")]
    rejected: BTreeMap<&'static str, i64>,
    /// Total discount of the redemptions, by currency. A rollback subtracts the discount on the day
    /// of the rollback.
    discount_given: Vec<Money>,
    /// Total that customers paid for the orders of the redemptions, by currency. A rollback
    /// subtracts the total of the order on the day of the rollback. An order with several codes
    /// counts in full for the coupon of each code. Therefore, do not add up the revenue of several
    /// coupons.
    revenue: Vec<Money>,
}

impl From<&statistics::Statistics> for Counts {
    fn from(counted: &statistics::Statistics) -> Self {
        let money = |amounts: &BTreeMap<Currency, i64>| -> Vec<Money> {
            amounts.iter().map(|(currency, amount)| Money::new(*amount, *currency)).collect()
        };
        Self {
            issued: counted.issued,
            applied: counted.applied,
            redeemed: counted.redeemed,
            rolled_back: counted.rolled_back,
            abandoned: counted.abandoned,
            rejected: counted.rejected.iter().map(|(reason, count)| (reason.code(), *count)).collect(),
            discount_given: money(&counted.discount_given),
            revenue: money(&counted.revenue),
        }
    }
}

/// Counters of one day.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Day {
    /// The day, in UTC.
    date: NaiveDate,
    #[serde(flatten)]
    counts: Counts,
}

/// All-time counters, and counters of each day in the requested range.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Statistics {
    #[serde(flatten)]
    total: Counts,
    /// Every day of the range, oldest first. Days without activity have zeros.
    time_series: Vec<Day>,
}

impl Statistics {
    /// Creates the view of the all-time counters and the counters of each day.
    pub fn new(total: &statistics::Statistics, days: &[(NaiveDate, statistics::Statistics)]) -> Self {
        let day = |(date, counted): &(NaiveDate, statistics::Statistics)| Day { date: *date, counts: counted.into() };
        Self { total: total.into(), time_series: days.iter().map(day).collect() }
    }
}

/// Statistics of one coupon.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CouponStatistics {
    /// Id of the coupon.
    coupon_id: CouponId,
    #[serde(flatten)]
    statistics: Statistics,
}

impl CouponStatistics {
    /// Creates the view of the statistics of a coupon.
    pub fn new(coupon_id: CouponId, statistics: Statistics) -> Self {
        Self { coupon_id, statistics }
    }
}
