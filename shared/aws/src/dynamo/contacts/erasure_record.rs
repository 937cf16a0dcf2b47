//! Stores that the erasure of a contact is complete. The relay publishes the event of the new item.

use chrono::{DateTime, Utc};
use couponflow_app::kernel::error::StoreError;
use couponflow_domain::kernel::ids::ContactId;
use couponflow_domain::tenants::tenant::TenantId;
use serde::{Deserialize, Serialize};

use super::erasure::ERASURE_KEPT;
use crate::dynamo::engine::element::IntoElement as _;
use crate::dynamo::engine::item::{Stored, to_item};
use crate::dynamo::engine::tenant_store::TenantStore;

/// Item of a completed erasure. Contains no data of the contact except the id.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ErasureItem {
    pub(crate) tenant_id: TenantId,
    pub(crate) contact_id: ContactId,
    pub(crate) completed_at_ms: i64,
    /// When DynamoDB may delete the item, in seconds since 1970.
    ttl: i64,
}

impl Stored for ErasureItem {
    const KIND: &'static str = "ERASURE";
}

impl TenantStore {
    /// Records that an erasure is complete, unless it is already recorded.
    pub(crate) async fn record_erasure(
        &self,
        contact: &ContactId,
        completed_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let doing = "recording a completed erasure";
        let item = ErasureItem {
            tenant_id: self.keys.tenant.clone(),
            contact_id: contact.clone(),
            completed_at_ms: completed_at.timestamp_millis(),
            ttl: (completed_at + ERASURE_KEPT).timestamp(),
        };
        let put = self.table.put_new(to_item(self.keys.erasure(contact), &item, doing)?);
        // If the item exists, an earlier call has recorded the erasure.
        self.table.transact(vec![put.element(doing)?], doing).await.map(|_| ())
    }
}
