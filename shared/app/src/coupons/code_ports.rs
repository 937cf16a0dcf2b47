//! Unique codes and the jobs that issue them.

use chrono::{DateTime, Utc};
use couponflow_domain::coupons::code::{CodeStatus, CouponCode, ListedCode, UniqueCode};
use couponflow_domain::coupons::job::Job;
use couponflow_domain::kernel::ids::{CouponId, JobId};
use couponflow_domain::timers::timer::Timer;

use crate::kernel::error::StoreResult;
use crate::kernel::page::{Page, PageRequest};

/// Stores unique codes.
pub trait UniqueCodes {
    /// Issues a code for one position of a job. Returns true if the code exists for that position, and false if the
    /// code is taken by a coupon, another job or another position. Idempotent, even if the code was redeemed since.
    ///
    /// A taken code is never released: a repeated job run relies on finding the same codes taken as before.
    async fn issue_code(&self, code: &CouponCode, job: &Job, place: i64, now: DateTime<Utc>) -> StoreResult<bool>;
    /// Lists the unique codes of a coupon in code order, optionally with one status only. Codes issued within the last
    /// second may be missing. The cursor is the last code of the previous page.
    async fn unique_codes(
        &self,
        coupon: &CouponId,
        status: Option<CodeStatus>,
        page: &PageRequest,
    ) -> StoreResult<Page<UniqueCode>>;
}

/// Change to the timer that woke a job, made when the progress of the job is saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WakeTimer {
    /// Keep the timer: it resumes the job if this instance dies.
    Keep,
    /// Replace the timer by this one.
    Replace(Timer),
    /// Remove the timer: the job has ended.
    Remove,
}

/// Stores jobs.
pub trait Jobs {
    /// Stores the codes of one run of an import. Called before the job is created; nothing reads the codes until then.
    async fn store_list(&self, job: &JobId, run: i64, codes: &[ListedCode]) -> StoreResult<()>;
    /// Returns the codes of one run of an import.
    async fn list(&self, job: &JobId, run: i64) -> StoreResult<Vec<ListedCode>>;
    /// Stores a new job together with a timer that is due at once, in one transaction. Idempotent.
    async fn create_job(&self, job: &Job) -> StoreResult<()>;
    /// Returns the job with the id.
    async fn job(&self, id: &JobId) -> StoreResult<Option<Job>>;
    /// Saves the next state of a job that `timer` woke, and adds `issued` codes to the coupon's statistics, if the
    /// stored state is the one before. Returns false if another writer saved the job first.
    async fn save_job(&self, job: &Job, issued: i64, timer: &Timer, wake: &WakeTimer) -> StoreResult<bool>;
}
