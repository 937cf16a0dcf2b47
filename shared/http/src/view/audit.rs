//! The audit log.

use chrono::{DateTime, Utc};
use couponflow_domain::kernel::counters::Revision;
use couponflow_domain::kernel::ids::{AuditId, KeyId};
use couponflow_domain::tenants::audit::{Actor, AuditEntry as Entry};
use schemars::JsonSchema;
use serde::Serialize;

/// An entry of the audit log.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AuditEntry {
    id: AuditId,
    /// Time of the change.
    at: DateTime<Utc>,
    /// Key of the client that made the change. Null if an operator of the service made the change.
    key_id: Option<KeyId>,
    /// Operation of the API, such as `EditCoupon`, or command of an operator, such as `create_key`.
    operation: String,
    /// Id or name of the changed resource.
    target: String,
    /// Version of the resource before the change. Null if the resource is new or has no versions.
    version_before: Option<i64>,
    /// Version of the resource after the change. Null if the resource has no versions.
    version_after: Option<i64>,
    /// Request id, as in the log. Null for a command of an operator.
    request_id: Option<String>,
}

impl From<&Entry> for AuditEntry {
    fn from(entry: &Entry) -> Self {
        let key_id = match &entry.actor {
            Actor::Key(id) => Some(id.clone()),
            Actor::Operator => None,
        };
        Self {
            id: entry.id.clone(),
            at: entry.id.instant(),
            key_id,
            operation: entry.operation.clone(),
            target: entry.change.target.clone(),
            version_before: entry.change.before.map(Revision::get),
            version_after: entry.change.after.map(Revision::get),
            request_id: entry.request_id.clone(),
        }
    }
}
