//! Events: records of what happened to a coupon, such as a redemption or its expiry.

mod constructors;
mod correlation;
mod data;
mod kind;
mod properties;

pub use correlation::CorrelationKey;
pub(crate) use correlation::person_keys;
pub use data::{ApplicationRef, CouponSnapshot, EventData, EventPart, OrderSnapshot, RedemptionRef};
pub use kind::{EventType, sample};
pub use properties::{CouponTerm, CustomerSource, EventProperties, PurchaseStep, StatisticsCount};

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::kernel::correlation_id::CorrelationId;
use crate::kernel::digest::bits80;
use crate::kernel::ids::EventId;
use crate::kernel::unlinked::unlinked;
use crate::tenants::tenant::TenantId;

/// `source` of every event on the bus.
pub const SOURCE: &str = "couponflow";

/// Version of the envelope and data that this code writes.
pub const SCHEMA_VERSION: &str = "1";

/// Metadata that identifies an event and links it to other events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct EventMetadata {
    /// Id of the event. The id is derived from the reported change, so every copy of an event has
    /// the same id. Consumers can use the id to deduplicate.
    pub event_id: EventId,
    /// Tenant of the event.
    pub tenant_id: TenantId,
    /// Version of this schema.
    pub schema_version: String,
    /// When the event happened. For `CouponExpired`, `CouponExpiring`, `CouponHoldExpired` and
    /// `CouponApplicationAbandoned`: the instant at which the event was due. For
    /// `ContactErased`: when the erasure was complete. For other events: the time of the request or
    /// edit, by the clock of the function that committed it.
    pub occurred_at: DateTime<Utc>,
    /// Id of the apply, redeem or rollback request that led to the event. For `CouponHoldExpired`
    /// and `CouponApplicationAbandoned`: the apply request that last stored the application. Null
    /// for `CouponExpired`, `CouponExpiring` and `ContactErased`, and for a limit or threshold that
    /// was reached because an edit lowered or introduced the limit.
    #[schemars(with = "Option<String>")]
    pub correlation_id: Option<CorrelationId>,
    /// Id of what caused this event. For a limit or threshold that a redemption reached: the
    /// `CouponRedeemed` event. For other events: the workflow execution in `caused_by` of the
    /// coupon. Null if there is no such event or execution, and for `ContactErased`.
    pub causation_id: Option<String>,
}

/// Event: its type, metadata and data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub kind: EventType,
    pub metadata: EventMetadata,
    pub data: EventData,
}

/// `detail` of an event on the bus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "EventDetail")]
pub struct Detail {
    /// Identity of the event and its links to other events.
    pub metadata: EventMetadata,
    /// What happened: the coupon, and the other parts that this type of event has.
    pub data: EventData,
}

/// Event as published on the bus.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Envelope {
    /// Always [`SOURCE`].
    #[serde(default = "source")]
    pub source: String,
    #[serde(rename = "detail-type")]
    pub kind: EventType,
    pub detail: Detail,
}

fn source() -> String {
    SOURCE.to_owned()
}

impl From<Envelope> for Event {
    fn from(envelope: Envelope) -> Self {
        let Detail { metadata, data } = envelope.detail;
        Self { kind: envelope.kind, metadata, data }
    }
}

impl Event {
    fn new(
        kind: EventType,
        tenant: &TenantId,
        identity_parts: &[&str],
        occurred_at: DateTime<Utc>,
        correlation_id: Option<CorrelationId>,
        data: EventData,
    ) -> Self {
        let mut parts = vec![tenant.as_str(), kind.detail_type(), data.coupon.id.as_str()];
        parts.extend(identity_parts);
        let cause = data.coupon.caused_by.as_ref().map(|execution| execution.as_str().to_owned());
        let metadata = EventMetadata {
            event_id: EventId::new(occurred_at, bits80(&parts)),
            tenant_id: tenant.clone(),
            schema_version: SCHEMA_VERSION.to_owned(),
            occurred_at,
            correlation_id,
            causation_id: cause,
        };
        Self { kind, metadata, data }
    }

    /// Returns the `detail` of the event on the bus.
    pub fn detail(&self) -> Detail {
        Detail { metadata: self.metadata.clone(), data: self.data.clone() }
    }

    /// Sets another event as the cause of this event.
    #[must_use]
    pub fn caused_by(mut self, cause: &EventId) -> Self {
        self.metadata.causation_id = Some(cause.as_str().to_owned());
        self
    }

    /// Returns the instant at which a request named the customer. An expired hold, an abandonment
    /// or a rollback occurs later than the request. For these events, returns the instant of the
    /// application or redemption. If the customer was erased after the returned instant, the event
    /// must be handled without the customer.
    pub fn customer_named_at(&self) -> DateTime<Utc> {
        let purchased_at = match self.kind.properties().customer_named_by {
            CustomerSource::Request => None,
            CustomerSource::Application => self.data.application.as_ref().map(|application| application.created_at),
            CustomerSource::Redemption => self.data.redemption.as_ref().map(|redemption| redemption.created_at),
        };
        purchased_at.unwrap_or(self.metadata.occurred_at)
    }

    /// Returns the event without the customer. The customer is the only personal data in an event.
    #[must_use]
    pub fn without_customer(&self) -> Self {
        let mut event = self.clone();
        event.data.customer = None;
        event
    }

    /// Returns the event for texts that people read, such as e-mails. If the customer is unverified, the texts of the
    /// request are changed so that mail programs show no links.
    pub(crate) fn for_messages(&self) -> Cow<'_, Self> {
        if self.data.customer.as_ref().is_none_or(|customer| customer.verified) {
            return Cow::Borrowed(self);
        }
        let mut event = self.clone();
        event.data.source = event.data.source.map(|source| unlinked(&source));
        if let Some(order) = &mut event.data.order {
            order.id = unlinked(&order.id);
        }
        Cow::Owned(event)
    }

    /// Returns the id of the event.
    pub fn id(&self) -> &EventId {
        &self.metadata.event_id
    }
}

/// Returns the JSON Schema of an event of this type, in the form in which the bus delivers the
/// event.
pub fn schema(kind: EventType) -> Value {
    let mut schema = schema_of::<Detail>(kind.detail_type());
    let required: Vec<&str> =
        std::iter::once("coupon").chain(kind.properties().parts.iter().map(|part| part.into_str())).collect();
    schema["properties"]["detail"]["properties"]["data"]["required"] = json!(required);
    schema
}

/// Returns the JSON Schema of an event with this `detail-type` and type of `detail`.
pub(super) fn schema_of<T: JsonSchema>(detail_type: &str) -> Value {
    let generator = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true).into_generator();
    let mut detail = generator.into_root_schema_for::<T>().to_value();
    detail.as_object_mut().map(|detail| detail.remove("$schema"));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": detail_type,
        "type": "object",
        "required": ["source", "detail-type", "detail"],
        "properties": {
            "source": {"const": SOURCE},
            "detail-type": {"const": detail_type},
            "detail": detail,
        },
    })
}
