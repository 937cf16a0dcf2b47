//! The ten events: what happened to a coupon, in the past tense.

mod data;
mod kind;

pub use data::{ApplicationRef, CouponSnapshot, CouponType, CouponValue, EventData, OrderSnapshot, RedemptionRef};
pub use kind::EventType;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::digest::bits80;
use crate::ids::EventId;
use crate::purchase::{Application, Redemption};
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

impl Event {
    fn new(
        kind: EventType,
        tenant: &TenantId,
        nature: &[&str],
        occurred_at: DateTime<Utc>,
        correlation_id: Option<String>,
        data: EventData,
    ) -> Self {
        let mut parts = vec![tenant.as_str(), kind.detail_type(), data.coupon.id.as_str()];
        parts.extend(nature);
        let metadata = EventMetadata {
            event_id: EventId::new(occurred_at, bits80(&parts)),
            tenant_id: tenant.clone(),
            schema_version: SCHEMA_VERSION.to_owned(),
            occurred_at,
            correlation_id,
            causation_id: None,
        };
        Self { kind, metadata, data }
    }

    /// A code was applied. `revision` counts the prices that the same application has had, from 1.
    pub fn coupon_applied(
        tenant: &TenantId,
        coupon: CouponSnapshot,
        application: &Application,
        revision: i64,
        correlation_id: Option<String>,
    ) -> Self {
        let at = application.created_at;
        let nature = revision.to_string();
        Self::of_application(EventType::CouponApplied, tenant, coupon, application, &nature, at, correlation_id)
    }

    /// A hold ran out at `expired_at`. The coupon is as it was when the code was applied.
    pub fn coupon_hold_expired(
        tenant: &TenantId,
        coupon: CouponSnapshot,
        application: &Application,
        expired_at: DateTime<Utc>,
        correlation_id: Option<String>,
    ) -> Self {
        let nature = expired_at.timestamp_millis().to_string();
        Self::of_application(
            EventType::CouponHoldExpired,
            tenant,
            coupon,
            application,
            &nature,
            expired_at,
            correlation_id,
        )
    }

    fn of_application(
        kind: EventType,
        tenant: &TenantId,
        coupon: CouponSnapshot,
        application: &Application,
        nature: &str,
        occurred_at: DateTime<Utc>,
        correlation_id: Option<String>,
    ) -> Self {
        let Application { id, customer, order, source, discount, created_at, .. } = application.clone();
        let key = id.key().to_owned();
        let data = EventData {
            customer,
            order: Some(OrderSnapshot::new(&order, &discount)),
            source,
            application: Some(ApplicationRef { id, created_at }),
            ..EventData::of(coupon)
        };
        Self::new(kind, tenant, &[&key, nature], occurred_at, correlation_id, data)
    }

    /// A redemption was committed, as the coupon's `number`th.
    pub fn coupon_redeemed(
        tenant: &TenantId,
        coupon: CouponSnapshot,
        redemption: &Redemption,
        number: i64,
        correlation_id: Option<String>,
    ) -> Self {
        let occurred_at = redemption.created_at;
        Self::of_redemption(EventType::CouponRedeemed, tenant, coupon, redemption, number, occurred_at, correlation_id)
    }

    /// A redemption was given back.
    pub fn coupon_redemption_rolled_back(
        tenant: &TenantId,
        coupon: CouponSnapshot,
        redemption: &Redemption,
        number: i64,
        rolled_back_at: DateTime<Utc>,
        correlation_id: Option<String>,
    ) -> Self {
        let kind = EventType::CouponRedemptionRolledBack;
        Self::of_redemption(kind, tenant, coupon, redemption, number, rolled_back_at, correlation_id)
    }

    fn of_redemption(
        kind: EventType,
        tenant: &TenantId,
        coupon: CouponSnapshot,
        redemption: &Redemption,
        number: i64,
        occurred_at: DateTime<Utc>,
        correlation_id: Option<String>,
    ) -> Self {
        let Redemption { id, customer, order, source, discount, created_at, .. } = redemption.clone();
        let nature = id.as_str().to_owned();
        let data = EventData {
            customer,
            order: Some(OrderSnapshot::new(&order, &discount)),
            source,
            redemption: Some(RedemptionRef { id, redemption_number: number, created_at }),
            ..EventData::of(coupon)
        };
        Self::new(kind, tenant, &[&nature], occurred_at, correlation_id, data)
    }

    /// The last permitted redemption of a limit epoch was committed at `occurred_at`.
    pub fn coupon_limit_reached(
        tenant: &TenantId,
        coupon: CouponSnapshot,
        limit_epoch: i64,
        occurred_at: DateTime<Utc>,
        correlation_id: Option<String>,
    ) -> Self {
        let epoch = limit_epoch.to_string();
        let data = EventData::of(coupon);
        Self::new(EventType::CouponLimitReached, tenant, &[&epoch], occurred_at, correlation_id, data)
    }

    /// The expiry instant of an active coupon passed.
    pub fn coupon_expired(tenant: &TenantId, coupon: CouponSnapshot, expires_at: DateTime<Utc>) -> Self {
        let instant = expires_at.timestamp_millis().to_string();
        Self::new(EventType::CouponExpired, tenant, &[&instant], expires_at, None, EventData::of(coupon))
    }

    /// The `detail` for the bus.
    pub fn detail(&self) -> Detail {
        Detail { metadata: self.metadata.clone(), data: self.data.clone() }
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
