//! Jobs: work that goes on after the request that asked for it, a run at a time.
//!
//! A run is done, then recorded. Where the function dies between the two, the run is done again, and what it does is
//! the same then: codes come from the job's seed or its list, and issuing one for the same place again changes nothing.
//!
//! `Running --(every place is dealt with)--> Completed`, `Running --(it can't go on)--> Failed`.

use std::ops::Range;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::code::{Generator, Listed};
use crate::ids::{CouponId, JobId};

/// Codes between two records of progress: what a crash makes a job do again, at most. Lists of imports are stored in such
/// runs, so it can't change while an import is under way.
pub const RUN: i64 = 100;

/// Lines that a job tells one by one; `failed` counts all.
const MOST_ERRORS: usize = 1000;

const NO_ROOM: &str = "Too many codes of this prefix and length are taken. Ask for the rest with a greater length.";

/// What a job does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Work {
    /// Makes unique codes.
    GenerateCodes(Generator),
    /// Takes unique codes over from a list, which is stored beside the job.
    ImportCodes,
}

impl Work {
    /// The name, as in `"type": "generate_codes"`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::GenerateCodes(_) => "generate_codes",
            Self::ImportCodes => "import_codes",
        }
    }
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    /// There is more to do.
    Running,
    /// Every code is issued, or was refused.
    Completed,
    /// It can't go on; what it has issued stays.
    Failed,
}

/// A job and its progress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Whose codes it issues.
    pub coupon_id: CouponId,
    /// What it does.
    pub work: Work,
    /// How far it is.
    pub status: JobStatus,
    /// Codes to issue.
    pub count: i64,
    /// Codes that are issued. Stored under the name that it always had.
    #[serde(rename = "done")]
    pub issued: i64,
    /// Codes that can't be issued.
    pub failed: i64,
    /// Which ones, of a list: the first thousand.
    pub errors: Vec<Listed>,
    /// Why it can't go on.
    pub reason: Option<String>,
    /// Counts up with each record, so that of two runs of one job one is recorded.
    pub revision: i64,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When progress was recorded last.
    pub updated_at: DateTime<Utc>,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Codes that are issued.
    pub issued: i64,
    /// Places without a code.
    refused: i64,
    /// The lines that somebody else has the code of.
    taken: Vec<Listed>,
}

impl Run {
    /// Says for each place whether a code is issued.
    pub fn of_generation(issued: &[bool]) -> Self {
        let count = issued.iter().filter(|issued| **issued).count();
        Self { issued: count as i64, refused: (issued.len() - count) as i64, taken: Vec::new() }
    }

    /// Says for each line whether its code is issued.
    pub fn of_import(listed: Vec<Listed>, issued: &[bool]) -> Self {
        let taken = listed.into_iter().zip(issued).filter(|(_, issued)| !**issued).map(|(listed, _)| listed).collect();
        Self { taken, ..Self::of_generation(issued) }
    }
}

impl Job {
    /// A job that has done nothing yet.
    pub fn new(id: JobId, coupon_id: CouponId, work: Work, count: i64, now: DateTime<Utc>) -> Self {
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
            revision: 1,
            created_at: now,
            updated_at: now,
        }
    }

    /// The places that the next run deals with.
    pub fn next_run(&self) -> Range<i64> {
        let start = self.processed();
        start..self.count.min(start + RUN)
    }

    /// Codes that were processed: issued, or failed. As many as there are when the job has completed.
    pub fn processed(&self) -> i64 {
        self.issued + self.failed
    }

    /// The job after its next run.
    #[must_use]
    pub fn after(&self, run: Run, now: DateTime<Utc>) -> Self {
        let mut next = self.next(now);
        next.issued += run.issued;
        next.failed += run.refused;
        next.errors.extend(run.taken);
        next.errors.truncate(MOST_ERRORS);
        if run.refused > 0 && matches!(self.work, Work::GenerateCodes(_)) {
            next.ended(JobStatus::Failed, Some(NO_ROOM))
        } else if next.next_run().is_empty() {
            next.ended(JobStatus::Completed, None)
        } else {
            next
        }
    }

    /// The job after it turned out that it can't go on.
    #[must_use]
    pub fn stopped(&self, reason: &str, now: DateTime<Utc>) -> Self {
        self.next(now).ended(JobStatus::Failed, Some(reason))
    }

    fn next(&self, now: DateTime<Utc>) -> Self {
        Self { revision: self.revision + 1, updated_at: now, ..self.clone() }
    }

    fn ended(self, status: JobStatus, reason: Option<&str>) -> Self {
        Self { status, reason: reason.map(str::to_owned), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::{CouponCode, GenerateCodes, Seed};
    use crate::input;
    use serde_json::json;

    fn at(ms: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(ms).unwrap()
    }

    fn job(work: Work, count: i64) -> Job {
        Job::new(JobId::new(at(0), [1; 10]), CouponId::new(at(0), [2; 10]), work, count, at(0))
    }

    fn generate() -> Work {
        let wanted = input::read(&json!({"count": 1}), GenerateCodes::read).unwrap();
        Work::GenerateCodes(wanted.generator(Seed([[3; 10]; 4])))
    }

    /// A run of so many lines from this one on, of which every other is taken.
    fn every_other_taken(first: usize, lines: usize) -> Run {
        let code = CouponCode::parse("TAKEN").unwrap();
        let listed = (first..first + lines).map(|line| Listed { line, code: code.clone() });
        Run::of_import(listed.collect(), &(0..lines).map(|i| i % 2 == 1).collect::<Vec<_>>())
    }

    #[test]
    fn runs_cover_every_place_once() {
        let mut job = job(generate(), 250);
        let mut places = Vec::new();
        while job.status == JobStatus::Running {
            let run: Vec<i64> = job.next_run().collect();
            assert!((1..=RUN as usize).contains(&run.len()));
            job = job.after(Run::of_generation(&vec![true; run.len()]), at(1));
            places.extend(run);
        }
        assert_eq!(places, (0..250).collect::<Vec<_>>());
        assert_eq!((job.status, job.issued, job.failed, job.revision), (JobStatus::Completed, 250, 0, 4));
    }

    #[test]
    fn what_is_taken_is_told_up_to_a_thousand_and_counted() {
        let mut job = job(Work::ImportCodes, 3000);
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
    fn a_job_stored_by_an_earlier_version_goes_on_where_it_stopped() {
        let mut stored = serde_json::to_value(job(Work::ImportCodes, 300)).unwrap();
        stored["done"] = json!(97);
        stored["failed"] = json!(3);
        let job: Job = serde_json::from_value(stored).unwrap();
        assert_eq!((job.processed(), job.next_run()), (100, 100..200));
    }

    #[test]
    fn a_generation_that_finds_no_room_keeps_what_it_has_and_fails() {
        let job = job(generate(), 200).after(Run::of_generation(&[true, false, true]), at(1));
        assert_eq!((job.status, job.issued, job.failed), (JobStatus::Failed, 2, 1));
        assert!(job.reason.is_some_and(|reason| reason.contains("length")));
    }
}
