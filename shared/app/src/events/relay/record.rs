//! Stream records, as changes.

use couponflow_domain::events::outbox::Change;
use couponflow_domain::tenants::tenant::TenantId;

/// Changes of one stream record, all of one tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub tenant_id: TenantId,
    /// Changes in causal order.
    pub changes: Vec<Change>,
}

impl Record {
    /// Returns the key of the coupon, application, request, contact or timer that the changes concern, or the common subject of
    /// all attempts with codes that belong to no coupon. Records with the same subject are processed in order.
    pub fn subject(&self) -> String {
        self.changes.first().map(Change::subject).unwrap_or_default()
    }
}
