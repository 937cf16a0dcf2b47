//! Ports for unique codes and for the jobs that issue unique codes. The codes of a job have
//! positions, numbered from 0. A job issues its codes in batches.

use chrono::{DateTime, Utc};
use couponflow_domain::coupons::code::{CodeStatus, CouponCode, ListedCode, UniqueCode};
use couponflow_domain::coupons::job::Job;
use couponflow_domain::kernel::ids::{CouponId, JobId};
use couponflow_domain::timers::timer::Timer;

use crate::kernel::error::StoreResult;
use crate::kernel::page::{Page, PageRequest};

/// Stores unique codes.
pub trait UniqueCodes {
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

/// Stores jobs.
pub trait Jobs {
    /// Stores the codes of batch number `run` of an import. Called before the job is created, so
    /// nothing reads the codes yet.
    async fn store_list(&self, job: &JobId, run: i64, codes: &[ListedCode]) -> StoreResult<()>;
    /// Returns the codes of batch number `run` of an import.
    async fn list(&self, job: &JobId, run: i64) -> StoreResult<Vec<ListedCode>>;
    /// Stores a new job together with a timer that is due at once, in one transaction. Idempotent.
    async fn create_job(&self, job: &Job) -> StoreResult<()>;
    /// Returns the job with the id.
    async fn job(&self, id: &JobId) -> StoreResult<Option<Job>>;
    /// In one transaction, saves the next state of a job that `timer` woke, adds `issued` to the
    /// number of issued codes of the coupon, and changes the timer as `wake` says. Returns false if
    /// another writer saved the job first.
    async fn save_job(&self, job: &Job, issued: i64, timer: &Timer, wake: &WakeTimer) -> StoreResult<bool>;
}
