//! Stored form of a tenant's quotas.

use couponflow_domain::tenants::quota::Quotas;
use serde::{Deserialize, Serialize};

/// Stored form of [`Quotas`]. A missing quota has its default.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredQuotas {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    published_workflows: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    published_filter_bytes: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    running_jobs: Option<i64>,
}

impl From<Quotas> for StoredQuotas {
    fn from(quotas: Quotas) -> Self {
        let Quotas { published_workflows, published_filter_bytes, running_jobs } = quotas;
        Self { published_workflows, published_filter_bytes, running_jobs }
    }
}

impl From<StoredQuotas> for Quotas {
    fn from(stored: StoredQuotas) -> Self {
        let StoredQuotas { published_workflows, published_filter_bytes, running_jobs } = stored;
        Self { published_workflows, published_filter_bytes, running_jobs }
    }
}
