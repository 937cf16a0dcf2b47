//! Response schemas of coupons, unique codes, jobs and statistics.
#![expect(dead_code, reason = "only the schemas of these types are used; no value is created")]

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use couponflow_domain::coupons::code::{CodeStatus, CouponCode};
use couponflow_domain::coupons::coupon::{Status, Terms};
use couponflow_domain::coupons::job::JobStatus;
use couponflow_domain::kernel::ids::{CouponId, JobId, RedemptionId};
use couponflow_domain::kernel::money::Money;
use schemars::JsonSchema;

/// A coupon: its terms, status and counters.
#[derive(JsonSchema)]
pub(super) struct Coupon {
    #[schemars(flatten)]
    terms: Terms,
    /// Id of the coupon.
    id: CouponId,
    /// Current status.
    status: Status,
    /// Number of redemptions that were not rolled back.
    times_redeemed: i64,
    /// Number of applications, counted from `CouponApplied` events.
    times_applied: i64,
    /// Number of redemptions that holds reserve.
    held: i64,
    /// Creation time.
    created_at: DateTime<Utc>,
    /// Time of the last change of the terms or the status.
    updated_at: DateTime<Utc>,
}

/// A unique code, which can be redeemed once.
#[derive(JsonSchema)]
pub(super) struct UniqueCode {
    /// The code.
    code: CouponCode,
    /// Current status.
    status: CodeStatus,
    /// Time at which the code was issued.
    created_at: DateTime<Utc>,
    /// Time at which the code was redeemed. Null if the code is not redeemed.
    redeemed_at: Option<DateTime<Utc>>,
    /// Id of the redemption. Null if the code is not redeemed.
    redemption_id: Option<RedemptionId>,
}

/// What a job does.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub(super) enum JobType {
    /// Generates unique codes.
    GenerateCodes,
    /// Imports unique codes from a CSV file.
    ImportCodes,
}

/// A code that a job could not issue.
#[derive(JsonSchema)]
pub(super) struct JobError {
    /// Line number in the imported file, starting at 1.
    line: i64,
    /// The code.
    code: CouponCode,
    /// Explanation of the error.
    detail: String,
}

/// A background job that issues unique codes, with its progress.
#[derive(JsonSchema)]
pub(super) struct Job {
    /// Id of the job.
    id: JobId,
    /// What the job does.
    r#type: JobType,
    /// Id of the coupon that the codes belong to.
    coupon_id: CouponId,
    /// Current status.
    status: JobStatus,
    /// Reason of the failure. Null if the job has not failed.
    reason: Option<String>,
    /// Number of codes to issue.
    count: i64,
    /// Number of codes processed so far, including codes that were not issued. `done / count` is
    /// the progress of the job.
    done: i64,
    /// Number of codes that were not issued, because they were already taken.
    failed: i64,
    /// The first 1000 codes that were not issued.
    errors: Vec<JobError>,
    /// Creation time.
    created_at: DateTime<Utc>,
    /// Time of the last progress.
    updated_at: DateTime<Utc>,
}

/// Counters of coupon activity.
#[derive(JsonSchema)]
pub(super) struct Counts {
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
    rejected: BTreeMap<String, i64>,
    /// Total discount of redemptions that were not rolled back, by currency.
    discount_given: Vec<Money>,
    /// Total that customers paid for orders whose redemption was not rolled back, by currency. An
    /// order with several codes counts in full for the coupon of each code. Therefore, do not add
    /// up the revenue of several coupons.
    revenue: Vec<Money>,
}

/// Counters of one day.
#[derive(JsonSchema)]
pub(super) struct Day {
    /// The day, in UTC.
    date: NaiveDate,
    #[schemars(flatten)]
    counts: Counts,
}

/// All-time counters, and counters of each day in the requested range.
#[derive(JsonSchema)]
pub(super) struct Statistics {
    #[schemars(flatten)]
    total: Counts,
    /// Every day of the range, oldest first. Days without activity have zeros.
    time_series: Vec<Day>,
}

/// Statistics of one coupon.
#[derive(JsonSchema)]
pub(super) struct CouponStatistics {
    /// Id of the coupon.
    coupon_id: CouponId,
    #[schemars(flatten)]
    statistics: Statistics,
}
