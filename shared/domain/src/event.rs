//! The ten events: what happened to a coupon, in the past tense.

mod constructors;
mod correlation;
mod data;
mod kind;
mod sample;

pub use correlation::CorrelationKey;
pub(crate) use correlation::person_keys;
pub use data::{ApplicationRef, CouponSnapshot, EventData, OrderSnapshot, RedemptionRef};
pub use kind::EventType;
pub use sample::sample;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::digest::bits80;
use crate::ids::EventId;
use crate::tenant::TenantId;

/// The `source` of every event on the bus.
pub const SOURCE: &str = "couponflow";

/// The version of the envelope and data written here.
pub const SCHEMA_VERSION: &str = "1";

/// What identifies an event and ties it to others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct EventMetadata {
    /// The same for every copy of the same event: derived from what happened. Consumers deduplicate by it.
    pub event_id: EventId,
    /// Whose coupon.
    pub tenant_id: TenantId,
    /// The version of this schema.
    pub schema_version: String,
    /// When it happened, by the clock of the function that committed it.
    pub occurred_at: DateTime<Utc>,
    /// The request that began it all; null for what the clock did.
    pub correlation_id: Option<String>,
    /// The event or execution that caused it, where one did.
    pub causation_id: Option<String>,
}

/// The `detail` of an event on the bus, with its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub kind: EventType,
    /// Which one it is.
    pub metadata: EventMetadata,
    /// What it tells.
    pub data: EventData,
}

/// `detail` as it stands on the bus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Detail {
    /// Which event it is.
    pub metadata: EventMetadata,
    /// What it tells.
    pub data: EventData,
}

/// An event as it stands on the bus.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Envelope {
    /// Who says so: [`SOURCE`].
    #[serde(default = "source")]
    pub source: String,
    /// What happened.
    #[serde(rename = "detail-type")]
    pub kind: EventType,
    /// Which event it is, and what it tells.
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
        correlation_id: Option<String>,
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

    /// The `detail` for the bus.
    pub fn detail(&self) -> Detail {
        Detail { metadata: self.metadata.clone(), data: self.data.clone() }
    }

    /// The same event, caused by another.
    #[must_use]
    pub fn caused_by(mut self, cause: &EventId) -> Self {
        self.metadata.causation_id = Some(cause.as_str().to_owned());
        self
    }

    /// When the customer was named: of what the clock or an operator made of an earlier purchase, the instant of that
    /// purchase. Who was erased since then is not the customer any more.
    pub fn customer_named_at(&self) -> DateTime<Utc> {
        let purchased_at = match self.kind {
            EventType::CouponHoldExpired | EventType::CouponApplicationAbandoned => {
                self.data.application.as_ref().map(|application| application.created_at)
            }
            EventType::CouponRedemptionRolledBack => {
                self.data.redemption.as_ref().map(|redemption| redemption.created_at)
            }
            EventType::CouponApplied
            | EventType::CouponRedeemed
            | EventType::CouponRejected
            | EventType::CouponLimitReached
            | EventType::CouponExpired
            | EventType::CouponThresholdReached
            | EventType::CouponExpiring => None,
        };
        purchased_at.unwrap_or(self.metadata.occurred_at)
    }

    /// The same event without its customer, the only personal data in it.
    #[must_use]
    pub fn without_customer(&self) -> Self {
        let mut event = self.clone();
        event.data.customer = None;
        event
    }

    /// The id.
    pub fn id(&self) -> &EventId {
        &self.metadata.event_id
    }
}

/// The JSON Schema of an event of this type as it arrives from the bus.
pub fn schema(kind: EventType) -> serde_json::Value {
    let generator = schemars::generate::SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator();
    let mut detail = generator.into_root_schema_for::<Detail>().to_value();
    detail.as_object_mut().map(|detail| detail.remove("$schema"));
    let required: Vec<&str> = std::iter::once("coupon").chain(kind.parts().iter().copied()).collect();
    detail["properties"]["data"]["required"] = serde_json::json!(required);
    serde_json::json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": kind.detail_type(),
        "type": "object",
        "required": ["source", "detail-type", "detail"],
        "properties": {
            "source": {"const": SOURCE},
            "detail-type": {"const": kind.detail_type()},
            "detail": detail,
        },
    })
}
