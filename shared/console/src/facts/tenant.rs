//! API keys and entries of the audit log.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;

/// API key, without its secret.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ApiKey {
    pub(crate) id: String,
    pub(crate) scope: String,
    pub(crate) name: Option<String>,
    pub(crate) prefix: String,
    pub(crate) last_four: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) expires_at: Option<DateTime<Utc>>,
    pub(crate) revoked_at: Option<DateTime<Utc>>,
    pub(crate) last_used_on: Option<NaiveDate>,
}

impl ApiKey {
    /// Returns the name, or the id of a key without a name.
    pub(crate) fn label(&self) -> &str {
        self.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(&self.id)
    }

    /// Returns the state of the key: `active`, `revoked` or `expired`.
    pub(crate) fn state(&self, now: &DateTime<Utc>) -> &'static str {
        match (self.revoked_at, self.expires_at) {
            (Some(_), _) => "revoked",
            (None, Some(expires_at)) if expires_at <= *now => "expired",
            (None, _) => "active",
        }
    }
}

/// Entry of the audit log.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct AuditEntry {
    pub(crate) at: DateTime<Utc>,
    pub(crate) key_id: Option<String>,
    pub(crate) operation: String,
    pub(crate) target: String,
    pub(crate) version_before: Option<i64>,
    pub(crate) version_after: Option<i64>,
}

impl AuditEntry {
    /// Returns the path of the page of what was changed. Empty if it has no page.
    pub(crate) fn page(&self) -> String {
        let folders = [
            ("cpn_", "coupons"),
            ("wfl_", "workflows"),
            ("ctc_", "contacts"),
            ("exe_", "executions"),
            ("rdm_", "redemptions"),
        ];
        let folder = folders.iter().find(|(prefix, _)| self.target.starts_with(prefix));
        folder.map(|(_, folder)| format!("{folder}/{}", self.target)).unwrap_or_default()
    }
}
