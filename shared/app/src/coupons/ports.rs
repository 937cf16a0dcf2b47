//! Port for coupons, unique codes, jobs and statistics.
//!
//! A job issues unique codes in batches. The codes of a job have positions, numbered from 0.

use chrono::{DateTime, NaiveDate, Utc};
use couponflow_domain::coupons::code::{CodeStatus, CouponCode, ListedCode, UniqueCode};
use couponflow_domain::coupons::coupon::{Coupon, Edit, State, Status};
use couponflow_domain::coupons::job::Job;
use couponflow_domain::coupons::statistics::Statistics;
use couponflow_domain::kernel::ids::{CouponId, ExecutionId, JobId};
use couponflow_domain::kernel::span::Span;
use couponflow_domain::tenants::quota::QuotaExceeded;
use couponflow_domain::timers::timer::Timer;

use crate::kernel::error::StoreResult;
use crate::kernel::page::{Page, PageRequest};

/// Coupon or unique code that a code refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// The shared code of a coupon.
    Shared(CouponId),
    /// A unique code of a coupon, with its current state.
    Unique(Box<UniqueCode>),
}

/// Outcome of creating a coupon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreateOutcome {
    New,
    /// The code belongs to another coupon.
    Taken,
}

/// Selects coupons.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CouponQuery {
    /// True selects coupons that workflow steps generated. False selects the coupons that were created through the API.
    pub is_generated: bool,
    /// Status to select. `None` selects every status except deleted.
    pub status: Option<Status>,
}

impl CouponQuery {
    /// Whether a coupon has the selected status at `now`. Does not check `is_generated`.
    pub fn matches(&self, coupon: &Coupon, now: DateTime<Utc>) -> bool {
        match self.status {
            Some(status) => coupon.status(now) == status,
            None => coupon.state != State::Deleted,
        }
    }
}

/// Change to the timer that woke a job. Made in the transaction that saves the progress of the job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WakeTimer {
    /// Keep the timer, which resumes the job if this instance dies.
    Keep,
    /// Replace the timer by this timer.
    Replace(Timer),
    /// Remove the timer: the job has ended.
    Remove,
}

/// Selects statistics.
#[derive(Debug, Clone)]
pub struct StatisticsQuery {
    /// Coupon to report on. `None` selects attempts with codes that belong to no coupon.
    pub coupon_id: Option<CouponId>,
    /// First day, inclusive.
    pub from: NaiveDate,
    /// Last day, inclusive.
    pub to: NaiveDate,
}

/// Stores coupons, their unique codes, the jobs that issue the codes, and statistics. Reads of coupons and codes are
/// strongly consistent.
///
/// Methods that change a coupon and return a `bool` use optimistic locking: they write only if the coupon still has the
/// version that was read, and return false on a conflict.
pub trait CouponStore {
    // Coupons

    /// Returns the coupon with the id, even if it was deleted.
    async fn coupon(&self, id: &CouponId) -> StoreResult<Option<Coupon>>;
    /// Looks up the coupon or the unique code that a code refers to.
    async fn code(&self, code: &CouponCode) -> StoreResult<Option<Code>>;
    /// Stores a new coupon with its code and its expiry timers, in one transaction.
    async fn create_coupon(&self, coupon: &Coupon) -> StoreResult<CreateOutcome>;
    /// Moves a coupon to another state. Activating a coupon sets its expiry timers again.
    async fn set_state(&self, coupon: &Coupon, state: State, now: DateTime<Utc>) -> StoreResult<bool>;
    /// Edits a coupon and sets the timers that the edit requires. Also returns false if redemptions
    /// after the read change the result of the edit.
    async fn edit_coupon(&self, coupon: &Coupon, edit: &Edit, now: DateTime<Utc>) -> StoreResult<bool>;
    /// Edits a coupon like [`CouponStore::edit_coupon`], but for a step of an execution. Also
    /// marks `effect`, which identifies the effect of the step, as done. Check
    /// [`CouponStore::was_edited_for`] first, because each effect can be done only once.
    async fn edit_coupon_for(
        &self,
        coupon: &Coupon,
        edit: &Edit,
        effect: &str,
        execution: &ExecutionId,
        now: DateTime<Utc>,
    ) -> StoreResult<bool>;
    /// Whether [`CouponStore::edit_coupon_for`] has edited a coupon for this effect.
    async fn was_edited_for(&self, effect: &str) -> StoreResult<bool>;
    /// Deletes a coupon and releases its code.
    async fn delete_coupon(&self, coupon: &Coupon, now: DateTime<Utc>) -> StoreResult<bool>;
    /// Lists coupons, newest first. One call reads a bounded number of coupons, so a page can be short or empty and
    /// still have a cursor. Lists deleted coupons only if the query selects them.
    async fn coupons(&self, query: CouponQuery, page: &PageRequest, now: DateTime<Utc>) -> StoreResult<Page<Coupon>>;

    // Expiry

    /// Marks the coupon as expired and removes its expiry timer, in one transaction. Returns false if the coupon is not
    /// active or does not expire at `expires_at`.
    async fn expire_coupon(&self, id: &CouponId, expires_at: DateTime<Utc>) -> StoreResult<bool>;
    /// In one transaction, records the advance notice that an active coupon expires at
    /// `expires_at`, and removes the timer. Returns false if the notice was already recorded, or if
    /// the coupon is not active or does not expire at `expires_at`.
    async fn announce_expiry(
        &self,
        id: &CouponId,
        expires_at: DateTime<Utc>,
        lead: Span,
        timer: &Timer,
    ) -> StoreResult<bool>;

    // Unique codes

    /// Issues a code for the position `place` of a job. Returns true if the code was issued for
    /// this position, by this or an earlier call. Returns false if a coupon, another job or another
    /// position has taken the code. Idempotent, even after the code was redeemed.
    ///
    /// A code that was issued stays taken forever, because a batch that is repeated must find the
    /// same codes taken as before.
    async fn issue_code(&self, code: &CouponCode, job: &Job, place: i64, now: DateTime<Utc>) -> StoreResult<bool>;
    /// Lists the unique codes of a coupon, sorted by code. If `status` is set, lists only codes
    /// with this status. Codes that were issued within the last second may be missing. The cursor
    /// is the last code of the previous page.
    async fn unique_codes(
        &self,
        coupon: &CouponId,
        status: Option<CodeStatus>,
        page: &PageRequest,
    ) -> StoreResult<Page<UniqueCode>>;

    // Jobs

    /// Stores the codes of batch number `run` of an import. Called before the job is created, so
    /// nothing reads the codes yet.
    async fn store_job_codes(&self, job: &JobId, run: i64, codes: &[ListedCode]) -> StoreResult<()>;
    /// Returns the codes of batch number `run` of an import.
    async fn job_codes(&self, job: &JobId, run: i64) -> StoreResult<Vec<ListedCode>>;
    /// Stores a new job together with a timer that is due at once, in one transaction. Idempotent. Rejects the job if
    /// `quota` jobs of the tenant are running.
    async fn create_job(&self, job: &Job, quota: i64) -> StoreResult<Result<(), QuotaExceeded>>;
    /// Returns the job with the id.
    async fn job(&self, id: &JobId) -> StoreResult<Option<Job>>;
    /// In one transaction, saves the next state of a job that `timer` woke, adds `issued` to the
    /// number of issued codes of the coupon, and changes the timer as `wake` says. Returns false if
    /// another writer saved the job first.
    async fn save_job(&self, job: &Job, issued: i64, timer: &Timer, wake: &WakeTimer) -> StoreResult<bool>;

    // Statistics

    /// Returns the totals over all time, and the statistics of each day of the query. Leaves out days without counts.
    async fn statistics(&self, query: &StatisticsQuery) -> StoreResult<(Statistics, Vec<(NaiveDate, Statistics)>)>;
}
