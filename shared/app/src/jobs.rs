//! Jobs: issuing unique codes in the background, a step at a time.

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_domain::code::{Generator, Listed};
use couponflow_domain::coupon::State;
use couponflow_domain::ids::JobId;
use couponflow_domain::job::{Job, JobStatus, RUN, Run, Work};
use couponflow_domain::timer::Timer;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use crate::error::StoreError;
use crate::ports::{Clock, Jobs, ReadCoupons, Rng, UniqueCodes, Wake};

/// How long a step goes on before it makes way for the next: well within the executor's time limit.
pub const STEP: TimeDelta = TimeDelta::seconds(10);

/// Codes that are written at once.
const CONCURRENCY: usize = 32;

/// Codes that are tried for one place. Where nine of ten are taken, one place in forty thousand finds none.
const MOST_ATTEMPTS: u32 = 100;

/// Begins an import: stores its list, and then the job that takes the codes over.
///
/// # Errors
/// Where the store fails; the job has not begun then.
pub async fn start_import(store: &impl Jobs, job: &Job, listed: &[Listed]) -> Result<(), StoreError> {
    let runs = listed.chunks(RUN as usize).zip(0..).map(|(codes, run)| store.store_list(&job.id, run, codes));
    stream::iter(runs).buffer_unordered(CONCURRENCY).try_collect::<()>().await?;
    store.create_job(job).await
}

/// Goes on with a job for some seconds, recording its progress after each run, and leaves a timer for the next step
/// where there is more to do. False where nothing is to be done: the timer is left over.
///
/// Any number of steps of a job may run at once, and each may end anywhere: what they issue is the same, and one of them
/// records it.
///
/// # Errors
/// Where a port fails; the job goes on with its timer, which is still there.
pub async fn step<S>(store: &S, system: &(impl Clock + Rng), id: &JobId, timer: &Timer) -> Result<bool, StoreError>
where
    S: Jobs + ReadCoupons + UniqueCodes,
{
    let Some(mut job) = store.job(id).await?.filter(|job| job.status == JobStatus::Running) else { return Ok(false) };
    let began = system.now();
    if store.coupon(&job.coupon_id).await?.is_none_or(|coupon| coupon.state == State::Deleted) {
        store.save_job(&job.stopped("The coupon was deleted.", began), 0, timer, &Wake::Remove).await?;
        return Ok(true);
    }
    let mut now = began;
    loop {
        let run = run(store, &job, now).await?;
        let issued = run.issued;
        now = system.now();
        job = job.after(run, now);
        let wake = match job.status {
            JobStatus::Completed | JobStatus::Failed => Wake::Remove,
            JobStatus::Running if now - began < STEP => Wake::Keep,
            JobStatus::Running => {
                // Another instant than this timer's, even where the clock was set back: they must not be the same item.
                let due_at = now.max(timer.due_at + TimeDelta::milliseconds(1));
                Wake::Replace(Timer { due_at, ..timer.clone() })
            }
        };
        let was_first = store.save_job(&job, issued, timer, &wake).await?;
        if !was_first || wake != Wake::Keep {
            return Ok(true);
        }
    }
}

/// Issues the codes of the job's next run.
async fn run<S: Jobs + UniqueCodes>(store: &S, job: &Job, now: DateTime<Utc>) -> Result<Run, StoreError> {
    let places = job.next_run();
    match &job.work {
        Work::GenerateCodes(generator) => {
            let issued = places.map(|place| generate(store, job, generator, place, now));
            let issued: Vec<bool> = stream::iter(issued).buffer_unordered(CONCURRENCY).try_collect().await?;
            Ok(Run::of_generation(&issued))
        }
        Work::ImportCodes => {
            let listed = store.list(&job.id, places.start / RUN).await?;
            let issued = places.zip(&listed).map(|(place, listed)| store.issue_code(&listed.code, job, place, now));
            let issued: Vec<bool> = stream::iter(issued).buffered(CONCURRENCY).try_collect().await?;
            Ok(Run::of_import(listed, &issued))
        }
    }
}

/// Issues a code for a place, the first that is free; false where none is found.
async fn generate(
    store: &impl UniqueCodes,
    job: &Job,
    generator: &Generator,
    place: i64,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    for attempt in 0..MOST_ATTEMPTS {
        if store.issue_code(&generator.code(place, attempt), job, place, now).await? {
            return Ok(true);
        }
    }
    Ok(false)
}
