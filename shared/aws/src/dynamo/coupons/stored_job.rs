//! Stored forms of a job and of the codes that an import lists.

use chrono::{DateTime, Utc};
use couponflow_domain::coupons::code::{CouponCode, Generator, ListedCode, Seed};
use couponflow_domain::coupons::job::{Job, JobKind, JobStatus};
use couponflow_domain::kernel::counters::Revision;
use couponflow_domain::kernel::digest::Bits80;
use couponflow_domain::kernel::ids::{CouponId, JobId};
use serde::{Deserialize, Serialize};

/// Stored form of [`Job`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredJob {
    id: JobId,
    coupon_id: CouponId,
    work: StoredJobKind,
    status: JobStatus,
    count: i64,
    /// Number of issued codes.
    done: i64,
    failed: i64,
    errors: Vec<StoredListedCode>,
    reason: Option<String>,
    revision: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum StoredJobKind {
    GenerateCodes(StoredGenerator),
    ImportCodes,
}

#[derive(Serialize, Deserialize)]
struct StoredGenerator {
    seed: [Bits80; 4],
    prefix: String,
    length: usize,
}

/// Does not show the seed, which is secret.
impl std::fmt::Debug for StoredGenerator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { seed: _, prefix, length } = self;
        f.debug_struct("StoredGenerator").field("prefix", prefix).field("length", length).finish_non_exhaustive()
    }
}

/// Stored form of [`ListedCode`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredListedCode {
    line: usize,
    code: CouponCode,
}

impl From<Job> for StoredJob {
    fn from(job: Job) -> Self {
        let Job {
            id,
            coupon_id,
            work,
            status,
            count,
            issued,
            failed,
            errors,
            reason,
            revision,
            created_at,
            updated_at,
        } = job;
        Self {
            id,
            coupon_id,
            work: work.into(),
            status,
            count,
            done: issued,
            failed,
            errors: errors.into_iter().map(StoredListedCode::from).collect(),
            reason,
            revision: revision.get(),
            created_at,
            updated_at,
        }
    }
}

impl From<StoredJob> for Job {
    fn from(stored: StoredJob) -> Self {
        Self {
            id: stored.id,
            coupon_id: stored.coupon_id,
            work: stored.work.into(),
            status: stored.status,
            count: stored.count,
            issued: stored.done,
            failed: stored.failed,
            errors: stored.errors.into_iter().map(ListedCode::from).collect(),
            reason: stored.reason,
            revision: Revision::new(stored.revision),
            created_at: stored.created_at,
            updated_at: stored.updated_at,
        }
    }
}

impl From<JobKind> for StoredJobKind {
    fn from(kind: JobKind) -> Self {
        match kind {
            JobKind::GenerateCodes(Generator { seed: Seed(seed), prefix, length }) => {
                Self::GenerateCodes(StoredGenerator { seed, prefix, length })
            }
            JobKind::ImportCodes => Self::ImportCodes,
        }
    }
}

impl From<StoredJobKind> for JobKind {
    fn from(stored: StoredJobKind) -> Self {
        match stored {
            StoredJobKind::GenerateCodes(StoredGenerator { seed, prefix, length }) => {
                Self::GenerateCodes(Generator { seed: Seed(seed), prefix, length })
            }
            StoredJobKind::ImportCodes => Self::ImportCodes,
        }
    }
}

impl From<ListedCode> for StoredListedCode {
    fn from(listed: ListedCode) -> Self {
        let ListedCode { line, code } = listed;
        Self { line, code }
    }
}

impl From<StoredListedCode> for ListedCode {
    fn from(stored: StoredListedCode) -> Self {
        let StoredListedCode { line, code } = stored;
        Self { line, code }
    }
}
