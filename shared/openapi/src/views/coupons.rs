//! Coupons, their codes and their statistics.
#![expect(dead_code, reason = "described, never made")]

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use couponflow_domain::code::{CodeStatus, CouponCode};
use couponflow_domain::coupon::{Status, Terms};
use couponflow_domain::ids::{CouponId, JobId, RedemptionId};
use couponflow_domain::job::JobStatus;
use couponflow_domain::money::Money;
use schemars::JsonSchema;

/// A coupon as it is now.
#[derive(JsonSchema)]
pub(super) struct Coupon {
    #[schemars(flatten)]
    terms: Terms,
    /// Its id.
    id: CouponId,
    /// What it is now.
    status: Status,
    /// Redemptions that stand.
    times_redeemed: i64,
    /// Applications, counted from the events.
    times_applied: i64,
    /// Redemptions reserved by holds.
    held: i64,
    /// When it was created.
    created_at: DateTime<Utc>,
    /// When its terms or its state changed last.
    updated_at: DateTime<Utc>,
}

/// A code that is good for one redemption.
#[derive(JsonSchema)]
pub(super) struct UniqueCode {
    /// The code.
    code: CouponCode,
    /// What it is good for.
    status: CodeStatus,
    /// When it was issued.
    created_at: DateTime<Utc>,
    /// When it was redeemed.
    redeemed_at: Option<DateTime<Utc>>,
    /// By what.
    redemption_id: Option<RedemptionId>,
}

/// What a job does.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub(super) enum JobType {
    /// Makes unique codes.
    GenerateCodes,
    /// Takes unique codes over from a file.
    ImportCodes,
}

/// A line of a file that a job could not do.
#[derive(JsonSchema)]
pub(super) struct JobError {
    /// The line, from 1.
    line: i64,
    /// The code.
    code: CouponCode,
    /// What is wrong with it.
    detail: String,
}

/// A job and how far it is.
#[derive(JsonSchema)]
pub(super) struct Job {
    /// Its id.
    id: JobId,
    /// What it does.
    r#type: JobType,
    /// For which coupon.
    coupon_id: CouponId,
    /// How far it is.
    status: JobStatus,
    /// Why it failed.
    reason: Option<String>,
    /// Number of codes to issue.
    count: i64,
    /// Number of codes that were processed so far, the failed ones included. Equals `count` when the job has completed, so
    /// `done / count` is its progress.
    done: i64,
    /// How many of `done` were not issued, because the code was taken.
    failed: i64,
    /// The first thousand of those.
    errors: Vec<JobError>,
    /// When it was asked for.
    created_at: DateTime<Utc>,
    /// When it went on last.
    updated_at: DateTime<Utc>,
}

/// Counts.
#[derive(JsonSchema)]
pub(super) struct Counts {
    /// Unique codes issued.
    issued: i64,
    /// Applications recorded, and changes of their price.
    applied: i64,
    /// Redemptions committed.
    redeemed: i64,
    /// Redemptions given back.
    rolled_back: i64,
    /// Applications abandoned.
    abandoned: i64,
    /// Rejected attempts, by reason.
    rejected: BTreeMap<String, i64>,
    /// What the redemptions that stand took off, by currency.
    discount_given: Vec<Money>,
    /// What customers paid for their orders, by currency. An order with several codes counts in full for each of their
    /// coupons: do not add revenue up over coupons.
    revenue: Vec<Money>,
}

/// The counts of a day.
#[derive(JsonSchema)]
pub(super) struct Day {
    /// The day, in UTC.
    date: NaiveDate,
    #[schemars(flatten)]
    counts: Counts,
}

/// Counts of all time, and of each day of the range.
#[derive(JsonSchema)]
pub(super) struct Statistics {
    #[schemars(flatten)]
    total: Counts,
    /// Every day of the range, oldest first; a day without activity has zeros.
    time_series: Vec<Day>,
}

/// What became of a coupon.
#[derive(JsonSchema)]
pub(super) struct CouponStatistics {
    /// The coupon.
    coupon_id: CouponId,
    #[schemars(flatten)]
    statistics: Statistics,
}
