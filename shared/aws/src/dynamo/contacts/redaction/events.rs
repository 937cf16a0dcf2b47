//! Redacts the entries of the event log that name an erased contact.

use couponflow_app::kernel::error::StoreError;
use couponflow_domain::events::event::{Envelope, Event};
use couponflow_domain::kernel::ids::EventId;
use serde_json::Value;

use super::{DOING, ErasedContact};
use crate::dynamo::engine::item::{from_stored_json, s};
use crate::dynamo::engine::tenant_store::TenantStore;

impl TenantStore {
    /// Removes the customer from an entry of the event log. Also redacts the application and the rejected attempt of
    /// the event, because earlier versions did not list them under their customer.
    pub(super) async fn redact_event(&self, id: &str, erased: &ErasedContact<'_>) -> Result<bool, StoreError> {
        let id = EventId::parse(id).map_err(|error| StoreError::damaged(DOING, error))?;
        let key = self.keys.event(&id);
        let Some(item) = self.table.raw(key.clone(), DOING).await? else { return Ok(false) };
        let stored = item.get("envelope").and_then(|envelope| envelope.as_s().ok());
        let stored = stored.ok_or_else(|| StoreError::damaged(DOING, "the entry has no envelope"))?;
        let mut envelope: Value = from_stored_json(stored, "event", DOING)?;
        let event = Event::from(from_stored_json::<Envelope>(stored, "event", DOING)?);
        if event.customer_named_at() > erased.erased_at {
            return Ok(false);
        }
        self.redact_purchase(&event, erased).await?;
        if let Some(data) = envelope.pointer_mut("/detail/data").and_then(Value::as_object_mut) {
            data.shift_remove("customer");
        }
        let values = vec![(":envelope", s(envelope.to_string())), (":stored", s(stored))];
        self.update_if(key, "SET envelope = :envelope REMOVE gsi1pk, gsi1sk", "envelope = :stored", values).await
    }
}
