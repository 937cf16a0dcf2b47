//! Jobs that issue unique codes in the background. A timer starts each step of a job. A step issues
//! codes in batches and saves the progress after each batch, so that the next step can continue.

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_domain::coupons::code::{Generator, ListedCode};
use couponflow_domain::coupons::coupon::State;
use couponflow_domain::coupons::job::{BatchOutcome, JOB_BATCH_SIZE, Job, JobKind, JobStatus};
use couponflow_domain::kernel::ids::JobId;
use couponflow_domain::tenants::quota::{QuotaExceeded, QuotaKind};
use couponflow_domain::timers::timer::Timer;
use futures_util::stream;
use futures_util::stream::{StreamExt as _, TryStreamExt as _};

use crate::coupons::ports::{CouponStore, WakeTimer};
use crate::kernel::error::StoreError;
use crate::kernel::system::{Clock, Rng};
use crate::tenants::ports::AccessStore;

/// Time after which a step of a job ends and leaves the rest to the next step. Much shorter than
/// the time limit of the executor function.
pub const STEP: TimeDelta = TimeDelta::seconds(10);

/// Maximum number of concurrent writes of codes.
const CONCURRENCY: usize = 32;

/// Maximum number of codes to try for one position of a job. If nine of ten codes are taken, one position in 40,000
/// gets no code.
const MAX_CODE_ATTEMPTS: u32 = 100;

/// Starts a job and returns the stored job. If a request with the same idempotency key was interrupted after it had
/// created a job, returns that job.
///
/// # Errors
/// Returns an error if the store fails.
pub async fn start(
    store: &(impl CouponStore + AccessStore),
    job: &Job,
) -> Result<Result<Job, QuotaExceeded>, StoreError> {
    let quotas = store.profile().await?.settings.quotas.unwrap_or_default();
    if let Err(exceeded) = store.create_job(job, quotas.of(QuotaKind::RunningJobs)).await? {
        return Ok(Err(exceeded));
    }
    Ok(Ok(store.job(&job.id).await?.unwrap_or_else(|| job.clone())))
}

/// Starts an import like [`start`]: stores its codes and then the job that issues them.
///
/// # Errors
/// Returns an error if the store fails. In that case, the job has not started.
pub async fn start_import(
    store: &(impl CouponStore + AccessStore),
    job: &Job,
    listed: &[ListedCode],
) -> Result<Result<Job, QuotaExceeded>, StoreError> {
    let runs =
        listed.chunks(JOB_BATCH_SIZE as usize).zip(0..).map(|(codes, run)| store.store_job_codes(&job.id, run, codes));
    stream::iter(runs).buffer_unordered(CONCURRENCY).try_collect::<()>().await?;
    start(store, job).await
}

/// Runs one step of a job: issues batches of codes until [`STEP`] has passed. Saves the progress
/// after each batch. If codes remain, sets a timer for the next step. Returns false if the job does
/// not exist or is not running. The caller then removes the timer.
///
/// Several steps of a job can run concurrently, and each step can be interrupted at any point. Concurrent steps issue
/// the same codes, and a conditional write lets only one of the steps save the progress.
///
/// # Errors
/// Returns an error if a port fails. After an error, the timer stays and resumes the job.
pub async fn step<S>(store: &S, system: &(impl Clock + Rng), id: &JobId, timer: &Timer) -> Result<bool, StoreError>
where
    S: CouponStore,
{
    let Some(mut job) = store.job(id).await?.filter(|job| job.status == JobStatus::Running) else { return Ok(false) };
    let began = system.now();
    if store.coupon(&job.coupon_id).await?.is_none_or(|coupon| coupon.state == State::Deleted) {
        store.save_job(&job.stopped("The coupon was deleted.", began), 0, timer, &WakeTimer::Remove).await?;
        return Ok(true);
    }
    let mut now = began;
    loop {
        let run = run(store, &job, now).await?;
        let issued = run.issued;
        now = system.now();
        job = job.after(run, now);
        let wake = match job.status {
            JobStatus::Completed | JobStatus::Failed => WakeTimer::Remove,
            JobStatus::Running if now - began < STEP => WakeTimer::Keep,
            JobStatus::Running => {
                // The due time of the new timer must differ from the due time of this timer, even
                // if the clock was set back. Otherwise both timers would be stored in the same
                // item.
                let due_at = now.max(timer.due_at + TimeDelta::milliseconds(1));
                WakeTimer::Replace(Timer { due_at, ..timer.clone() })
            }
        };
        let was_first = store.save_job(&job, issued, timer, &wake).await?;
        if !was_first || wake != WakeTimer::Keep {
            return Ok(true);
        }
    }
}

/// Issues the codes of the job's next batch.
async fn run<S: CouponStore>(store: &S, job: &Job, now: DateTime<Utc>) -> Result<BatchOutcome, StoreError> {
    let places = job.next_batch();
    match &job.work {
        JobKind::GenerateCodes(generator) => {
            let issued = places.map(|place| generate(store, job, generator, place, now));
            let issued: Vec<bool> = stream::iter(issued).buffer_unordered(CONCURRENCY).try_collect().await?;
            Ok(BatchOutcome::of_generation(&issued))
        }
        JobKind::ImportCodes => {
            let listed = store.job_codes(&job.id, places.start / JOB_BATCH_SIZE).await?;
            let issued = places.zip(&listed).map(|(place, listed)| store.issue_code(&listed.code, job, place, now));
            let issued: Vec<bool> = stream::iter(issued).buffered(CONCURRENCY).try_collect().await?;
            Ok(BatchOutcome::of_import(listed, &issued))
        }
    }
}

/// Issues the first free code for a position. Returns false if all tried codes are taken.
async fn generate(
    store: &impl CouponStore,
    job: &Job,
    generator: &Generator,
    place: i64,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    for attempt in 0..MAX_CODE_ATTEMPTS {
        if store.issue_code(&generator.code(place, attempt), job, place, now).await? {
            return Ok(true);
        }
    }
    Ok(false)
}
