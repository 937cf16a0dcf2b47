//! Quotas of a tenant: how much a tenant may have at once. Quotas limit the memory and the time that one tenant takes
//! in the functions that all tenants share.

use std::fmt;

use serde::Serialize;

use crate::kernel::input::{Errors, Field};

/// Maximum value of a quota.
const MAX_QUOTA: i64 = 1_000_000_000;

/// What a quota limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotaKind {
    /// Published workflows.
    PublishedWorkflows,
    /// Bytes of the filters of all published workflows, as JSON. The function that runs workflows keeps them in memory.
    PublishedFilterBytes,
    /// Jobs that run at the same time.
    RunningJobs,
}

impl QuotaKind {
    /// Returns the quota of a tenant without a setting.
    fn default_quota(self) -> i64 {
        match self {
            Self::PublishedWorkflows => 10_000,
            Self::PublishedFilterBytes => 5_000_000,
            Self::RunningJobs => 20,
        }
    }
}

/// Quotas of a tenant. A quota that is `None` has its default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Quotas {
    pub published_workflows: Option<i64>,
    pub published_filter_bytes: Option<i64>,
    pub running_jobs: Option<i64>,
}

impl Quotas {
    /// Returns the quota of a kind.
    pub fn of(&self, kind: QuotaKind) -> i64 {
        let own = match kind {
            QuotaKind::PublishedWorkflows => self.published_workflows,
            QuotaKind::PublishedFilterBytes => self.published_filter_bytes,
            QuotaKind::RunningJobs => self.running_jobs,
        };
        own.unwrap_or_else(|| kind.default_quota())
    }

    /// Reads the setting `quotas`. A missing member has its default.
    pub fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        field.object(&["published_workflows", "published_filter_bytes", "running_jobs"], errors)?;
        let mut quota =
            |name: &str| field.get(name).optional(errors, |value, errors| value.integer(0..=MAX_QUOTA, errors));
        let (workflows, bytes, jobs) =
            (quota("published_workflows"), quota("published_filter_bytes"), quota("running_jobs"));
        Some(Self { published_workflows: workflows?, published_filter_bytes: bytes?, running_jobs: jobs? })
    }
}

/// Rejection of a change that would exceed a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaExceeded {
    pub kind: QuotaKind,
    pub quota: i64,
}

impl fmt::Display for QuotaExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quota = self.quota;
        match self.kind {
            QuotaKind::PublishedWorkflows => write!(
                f,
                "The tenant may have {quota} published workflows. Pause or delete a published workflow first, or ask \
                 the operator of the service for a higher quota (published_workflows)."
            ),
            QuotaKind::PublishedFilterBytes => write!(
                f,
                "The filters of all published workflows of the tenant may have {quota} bytes together. Shorten the \
                 filters, pause or delete a published workflow, or ask the operator of the service for a higher quota \
                 (published_filter_bytes)."
            ),
            QuotaKind::RunningJobs => write!(
                f,
                "The tenant may run {quota} jobs at the same time. Wait until a job has ended, or ask the operator of \
                 the service for a higher quota (running_jobs)."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kernel::input;

    #[test]
    fn a_missing_quota_has_its_default_and_zero_is_a_quota() {
        let quotas = input::read(&json!({"published_workflows": 0, "running_jobs": null}), Quotas::read).unwrap();
        assert_eq!(quotas.of(QuotaKind::PublishedWorkflows), 0);
        assert_eq!(quotas.of(QuotaKind::RunningJobs), 20);
        assert_eq!(quotas.of(QuotaKind::PublishedFilterBytes), 5_000_000);
        for invalid in [json!({"running_jobs": -1}), json!({"running_jobs": 1.5}), json!({"workflows": 1})] {
            assert!(input::read(&invalid, Quotas::read).is_err(), "{invalid}");
        }
    }

    #[test]
    fn rejection_names_the_quota_and_the_remedy() {
        let rejected = QuotaExceeded { kind: QuotaKind::RunningJobs, quota: 3 }.to_string();
        assert!(rejected.contains("3 jobs") && rejected.contains("Wait") && rejected.contains("running_jobs"));
    }
}
