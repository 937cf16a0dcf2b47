//! Jobs, which issue unique codes of a coupon. A request starts a job, and the job continues in
//! batches after the response. A position is the index of a code in the job, from 0.
//!
//! The codes of a batch are issued, and then the progress of the job is saved. If the function
//! crashes before the progress is saved, the batch is repeated with the same result. The codes are
//! the same, because they come from the job's seed or list. Issuing a code again for the same
//! position has no effect.
//!
//! State machine:
//! - `Running --(all positions processed)--> Completed`
//! - `Running --(cannot continue)--> Failed`

use std::ops::Range;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::coupons::code::{Generator, ListedCode};
use crate::kernel::counters::Revision;
use crate::kernel::ids::{CouponId, JobId};

/// Number of codes in a batch. A crash repeats at most one batch. Import lists are stored in
/// batches of this size, so the size must not change while an import is running.
pub const JOB_BATCH_SIZE: i64 = 100;

/// Maximum number of lines in `errors` of a job. `failed` also counts further lines.
const MAX_LISTED_ERRORS: usize = 1000;

const NO_FREE_CODES: &str =
    "Too many codes with this prefix and length are taken. Request the remaining codes with a greater length.";

/// Kind of work that a job does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobKind {
    /// Generates unique codes.
    GenerateCodes(Generator),
    /// Imports unique codes from a list, which is stored with the job.
    ImportCodes,
}

impl JobKind {
    /// Name of the kind in the API, as in `"type": "generate_codes"`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::GenerateCodes(_) => "generate_codes",
            Self::ImportCodes => "import_codes",
        }
    }
}

/// Status of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    /// Some codes are not processed yet.
    Running,
    /// All codes are processed. `failed` counts the codes that could not be issued.
    Completed,
    /// The job cannot continue. The codes that the job issued are kept.
    Failed,
}

/// A job and its progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    pub id: JobId,
    /// Coupon that the codes belong to.
    pub coupon_id: CouponId,
    pub work: JobKind,
    pub status: JobStatus,
    /// Total number of codes to issue.
    pub count: i64,
    /// Number of issued codes.
    pub issued: i64,
    /// Number of codes that could not be issued.
    pub failed: i64,
    /// Lines of an import whose codes could not be issued, at most the first thousand.
    pub errors: Vec<ListedCode>,
    /// Reason why the job cannot continue.
    pub reason: Option<String>,
    /// Increases each time the job is saved. If two function instances issue the same batch, only
    /// one instance can save the progress (optimistic locking).
    pub revision: Revision,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Outcome of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchOutcome {
    /// Number of issued codes.
    pub issued: i64,
    /// Number of positions for which no code was issued.
    refused: i64,
    /// Lines whose codes are already taken.
    taken: Vec<ListedCode>,
}

impl BatchOutcome {
    /// Creates the outcome of generated codes. `issued` says for each position whether its code was
    /// issued.
    pub fn of_generation(issued: &[bool]) -> Self {
        let count = issued.iter().filter(|issued| **issued).count();
        Self { issued: count as i64, refused: (issued.len() - count) as i64, taken: Vec::new() }
    }

    /// Creates the outcome of imported codes. `issued` says for each line whether its code was
    /// issued.
    pub fn of_import(listed: Vec<ListedCode>, issued: &[bool]) -> Self {
        let taken = listed.into_iter().zip(issued).filter(|(_, issued)| !**issued).map(|(listed, _)| listed).collect();
        Self { taken, ..Self::of_generation(issued) }
    }
}

impl Job {
    /// Creates a job without progress.
    pub fn new(id: JobId, coupon_id: CouponId, work: JobKind, count: i64, now: DateTime<Utc>) -> Self {
        Self {
            id,
            coupon_id,
            work,
            status: JobStatus::Running,
            count,
            issued: 0,
            failed: 0,
            errors: Vec::new(),
            reason: None,
            revision: Revision::FIRST,
            created_at: now,
            updated_at: now,
        }
    }

    /// Returns the positions of the next batch.
    pub fn next_batch(&self) -> Range<i64> {
        let start = self.processed();
        start..self.count.min(start + JOB_BATCH_SIZE)
    }

    /// Returns the number of codes that were issued or have failed. The number equals `count` when
    /// the job has completed.
    pub fn processed(&self) -> i64 {
        self.issued + self.failed
    }

    /// Returns the job after its next batch. `run` is the outcome of the batch.
    #[must_use]
    pub fn after(&self, run: BatchOutcome, now: DateTime<Utc>) -> Self {
        let mut next = self.next(now);
        next.issued += run.issued;
        next.failed += run.refused;
        next.errors.extend(run.taken);
        next.errors.truncate(MAX_LISTED_ERRORS);
        let has_no_free_codes = match &self.work {
            JobKind::GenerateCodes(_) => run.refused > 0,
            JobKind::ImportCodes => false,
        };
        if has_no_free_codes {
            next.ended(JobStatus::Failed, Some(NO_FREE_CODES))
        } else if next.next_batch().is_empty() {
            next.ended(JobStatus::Completed, None)
        } else {
            next
        }
    }

    /// Returns the job as failed. `reason` says why the job cannot continue.
    #[must_use]
    pub fn stopped(&self, reason: &str, now: DateTime<Utc>) -> Self {
        self.next(now).ended(JobStatus::Failed, Some(reason))
    }

    fn next(&self, now: DateTime<Utc>) -> Self {
        Self { revision: self.revision.next(), updated_at: now, ..self.clone() }
    }

    fn ended(self, status: JobStatus, reason: Option<&str>) -> Self {
        Self { status, reason: reason.map(str::to_owned), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coupons::code::{CouponCode, GenerateCodes, Seed};
    use crate::kernel::input;
    use serde_json::json;

    fn at(ms: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(ms).unwrap()
    }

    fn job(work: JobKind, count: i64) -> Job {
        Job::new(JobId::new(at(0), [1; 10]), CouponId::new(at(0), [2; 10]), work, count, at(0))
    }

    fn generate() -> JobKind {
        let wanted = input::read(&json!({"count": 1}), GenerateCodes::read).unwrap();
        JobKind::GenerateCodes(wanted.generator(Seed([[3; 10]; 4])))
    }

    /// Creates the outcome of an import batch of `lines` lines, starting at line `first`. Every
    /// other code is already taken.
    fn every_other_taken(first: usize, lines: usize) -> BatchOutcome {
        let code = CouponCode::parse("TAKEN").unwrap();
        let listed = (first..first + lines).map(|line| ListedCode { line, code: code.clone() });
        BatchOutcome::of_import(listed.collect(), &(0..lines).map(|i| i % 2 == 1).collect::<Vec<_>>())
    }

    #[test]
    fn batches_cover_every_position_once() {
        let mut job = job(generate(), 250);
        let mut places = Vec::new();
        while job.status == JobStatus::Running {
            let run: Vec<i64> = job.next_batch().collect();
            assert!((1..=JOB_BATCH_SIZE as usize).contains(&run.len()));
            job = job.after(BatchOutcome::of_generation(&vec![true; run.len()]), at(1));
            places.extend(run);
        }
        assert_eq!(places, (0..250).collect::<Vec<_>>());
        assert_eq!((job.status, job.issued, job.failed, job.revision.get()), (JobStatus::Completed, 250, 0, 4));
    }

    #[test]
    fn taken_codes_are_counted_and_the_first_thousand_listed() {
        let mut job = job(JobKind::ImportCodes, 3000);
        for first in (1..=3000).step_by(100) {
            assert_eq!(job.status, JobStatus::Running);
            assert_eq!(job.processed(), first as i64 - 1);
            job = job.after(every_other_taken(first, 100), at(1));
        }
        assert_eq!(job.processed(), job.count);
        assert_eq!((job.status, job.issued, job.failed), (JobStatus::Completed, 1500, 1500));
        assert_eq!((job.errors.len(), job.errors[999].line), (1000, 1999));
    }

    #[test]
    fn stored_job_resumes_where_it_stopped() {
        let job = Job { issued: 97, failed: 3, ..job(JobKind::ImportCodes, 300) };
        assert_eq!((job.processed(), job.next_batch()), (100, 100..200));
    }

    #[test]
    fn generation_without_free_codes_fails_and_keeps_issued_codes() {
        let job = job(generate(), 200).after(BatchOutcome::of_generation(&[true, false, true]), at(1));
        assert_eq!((job.status, job.issued, job.failed), (JobStatus::Failed, 2, 1));
        assert!(job.reason.is_some_and(|reason| reason.contains("length")));
    }
}
