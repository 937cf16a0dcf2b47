//! Unique codes, and the jobs that issue them.

use chrono::{DateTime, Utc};
use couponflow_domain::code::{CodeStatus, CouponCode, Listed, UniqueCode};
use couponflow_domain::ids::{CouponId, JobId};
use couponflow_domain::job::Job;
use couponflow_domain::timer::Timer;

use super::{Page, PageRequest, Stored};

/// Keeps unique codes.
pub trait UniqueCodes {
    /// Issues a code for a place of a job, and says whether it is there now: false where the code is taken, by a coupon,
    /// another job or another place. Doing it again changes nothing, whatever became of the code since.
    ///
    /// A code once taken is never given back: a job that is done again relies on finding taken what it found taken before.
    async fn issue_code(&self, code: &CouponCode, job: &Job, place: i64, now: DateTime<Utc>) -> Stored<bool>;
    /// The unique codes of a coupon, in their order, with one status where one is given. Codes issued within the last
    /// second may be missing. The cursor is the last code of the page before.
    async fn unique_codes(
        &self,
        coupon: &CouponId,
        status: Option<CodeStatus>,
        page: &PageRequest,
    ) -> Stored<Page<UniqueCode>>;
}

/// What becomes of the timer that woke a job, as its progress is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wake {
    /// It stays, for whoever goes on if this one dies.
    Keep,
    /// This one takes its place.
    Replace(Timer),
    /// It goes: the job has ended.
    Remove,
}

/// Keeps jobs.
pub trait Jobs {
    /// Stores the codes of a run of an import, before its job. Nothing reads them before the job is there.
    async fn store_list(&self, job: &JobId, run: i64, codes: &[Listed]) -> Stored<()>;
    /// The codes of a run of an import.
    async fn list(&self, job: &JobId, run: i64) -> Stored<Vec<Listed>>;
    /// Stores a new job, with a timer that wakes it at once; all or nothing. Storing it again changes nothing.
    async fn create_job(&self, job: &Job) -> Stored<()>;
    /// The job with the id.
    async fn job(&self, id: &JobId) -> Stored<Option<Job>>;
    /// Records the next state of a job that was woken by `timer`, with `issued` more codes in the coupon's statistics,
    /// if the stored state is the one before; false where somebody else was faster.
    async fn save_job(&self, job: &Job, issued: i64, timer: &Timer, wake: &Wake) -> Stored<bool>;
}
