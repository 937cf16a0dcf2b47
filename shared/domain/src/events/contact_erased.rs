//! Event that the erasure of a contact is complete.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::event::{EventMetadata, SCHEMA_VERSION, schema_of};
use crate::kernel::digest::bits80;
use crate::kernel::ids::{ContactId, EventId};
use crate::tenants::tenant::TenantId;

/// Event that the erasure of a contact is complete. The event concerns no coupon, triggers no workflow and is not in the
/// event log. Other systems receive the event from the bus, so that they can erase their copies of the contact's data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "ContactErasedDetail")]
pub struct ContactErased {
    /// Identity of the event.
    pub metadata: EventMetadata,
    /// The erased contact.
    pub data: ContactErasedData,
}

/// Data of the event `ContactErased`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ContactErasedData {
    /// Contact that was erased.
    pub contact: ErasedContactRef,
}

/// Contact that was erased. No other data of the contact remains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ErasedContactRef {
    /// Id of the contact. A contact that is created again later has another id.
    pub id: ContactId,
}

impl ContactErased {
    /// `detail-type` of the event on the bus.
    pub const DETAIL_TYPE: &'static str = "ContactErased";

    /// Creates the event for an erasure that was complete at `completed_at`.
    pub fn new(tenant: &TenantId, contact: ContactId, completed_at: DateTime<Utc>) -> Self {
        let bits = bits80(&[tenant.as_str(), Self::DETAIL_TYPE, contact.as_str()]);
        let metadata = EventMetadata {
            event_id: EventId::new(completed_at, bits),
            tenant_id: tenant.clone(),
            schema_version: SCHEMA_VERSION.to_owned(),
            occurred_at: completed_at,
            correlation_id: None,
            causation_id: None,
        };
        Self { metadata, data: ContactErasedData { contact: ErasedContactRef { id: contact } } }
    }

    /// Returns the JSON Schema of the event, in the form in which the bus delivers the event.
    pub fn schema() -> Value {
        let mut schema = schema_of::<Self>(Self::DETAIL_TYPE);
        schema["properties"]["detail"]["properties"]["data"]["required"] = serde_json::json!(["contact"]);
        schema
    }

    /// Returns a sample: JSON as delivered by a rule of the bus.
    pub fn sample() -> &'static str {
        include_str!("../../../../events/samples/ContactErased.json")
    }
}
