//! Stored form of a tenant's retention.

use couponflow_domain::tenants::retention::Retention;
use serde::{Deserialize, Serialize};

/// Stored form of [`Retention`]. A missing member has its default.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredRetention {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    executions_days: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    redemptions_days: Option<u32>,
}

impl From<Retention> for StoredRetention {
    fn from(retention: Retention) -> Self {
        let Retention { executions_days, redemptions_days } = retention;
        Self { executions_days, redemptions_days }
    }
}

impl From<StoredRetention> for Retention {
    fn from(stored: StoredRetention) -> Self {
        let StoredRetention { executions_days, redemptions_days } = stored;
        Self { executions_days, redemptions_days }
    }
}
