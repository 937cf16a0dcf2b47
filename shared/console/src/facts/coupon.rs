//! Coupons, their statistics and their codes.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::Value;

use crate::format;

/// Coupon.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Coupon {
    pub(crate) id: String,
    pub(crate) code: String,
    pub(crate) code_type: String,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) discount: Value,
    pub(crate) max_redemptions: Option<i64>,
    pub(crate) starts_at: Option<DateTime<Utc>>,
    pub(crate) expires_at: Option<DateTime<Utc>>,
    pub(crate) times_redeemed: i64,
    pub(crate) times_applied: i64,
    pub(crate) held: i64,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

impl Coupon {
    /// Returns the discount in words.
    pub(crate) fn discount(&self) -> String {
        format::discount(&self.discount)
    }

    /// Returns how many redemptions are neither used nor held, unless the coupon has no limit.
    pub(crate) fn left(&self) -> Option<i64> {
        self.max_redemptions.map(|limit| (limit - self.times_redeemed - self.held).max(0))
    }

    /// Returns the used part of the limit in percent, unless the coupon has no limit.
    pub(crate) fn percent_used(&self) -> Option<i64> {
        self.max_redemptions.map(|limit| format::percent(self.times_redeemed, limit))
    }

    /// Whether at most a tenth of the limit is left.
    pub(crate) fn is_near_limit(&self) -> bool {
        self.percent_used().is_some_and(|percent| percent >= 90)
    }

    /// Whether the coupon expires within a week.
    pub(crate) fn is_near_expiry(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at > now && expires_at <= now + TimeDelta::days(7))
    }
}

/// Counters of a coupon, in total or for one day.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Counts {
    pub(crate) issued: i64,
    pub(crate) applied: i64,
    pub(crate) redeemed: i64,
    pub(crate) rolled_back: i64,
    pub(crate) abandoned: i64,
    pub(crate) rejected: BTreeMap<String, i64>,
    pub(crate) discount_given: Value,
    pub(crate) revenue: Value,
}

impl Counts {
    /// Returns the number of all rejected attempts.
    pub(crate) fn all_rejected(&self) -> i64 {
        self.rejected.values().sum()
    }
}

/// Counters of one day.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Day {
    pub(crate) date: NaiveDate,
    #[serde(flatten)]
    pub(crate) counts: Counts,
}

/// Statistics: all-time counters and the counters of each day.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Statistics {
    #[serde(flatten)]
    pub(crate) total: Counts,
    pub(crate) time_series: Vec<Day>,
}

/// Unique code of a coupon.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct UniqueCode {
    pub(crate) code: String,
    pub(crate) status: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) redeemed_at: Option<DateTime<Utc>>,
    pub(crate) redemption_id: Option<String>,
}

/// Job that issues unique codes.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
    pub(crate) count: i64,
    pub(crate) done: i64,
    pub(crate) failed: i64,
    pub(crate) errors: Vec<JobError>,
}

/// Imported code that was not issued.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct JobError {
    pub(crate) line: i64,
    pub(crate) code: String,
    pub(crate) detail: String,
}
