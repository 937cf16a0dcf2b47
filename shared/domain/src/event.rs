//! The ten events: what happened to a coupon, in the past tense.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::code::CouponCode;
use crate::coupon::{Coupon, Discount};
use crate::customer::Customer;
use crate::digest::bits80;
use crate::ids::{ApplicationId, CouponId, EventId, RedemptionId};
use crate::money::{Currency, Money};
use crate::order::{Line, Order};
use crate::percentage::Percentage;
use crate::pricing::PricedDiscount;
use crate::purchase::{Application, Redemption};
use crate::rejection::Rejection;
use crate::tenant::TenantId;

/// The `source` of every event on the bus.
pub const SOURCE: &str = "couponflow";

/// The version of the envelope and data written here.
pub const SCHEMA_VERSION: &str = "1";

macro_rules! event_types {
    ($($(#[$doc:meta])* $name:ident $snake:literal needs $needs:expr;)*) => {
        /// What happened. The name is the event's `detail-type`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
        pub enum EventType {
            $($(#[$doc])* $name,)*
        }

        impl EventType {
            /// All ten.
            pub const ALL: &'static [EventType] = &[$(EventType::$name,)*];

            /// The name on the bus, such as `CouponRedeemed`.
            pub fn detail_type(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// The name as a workflow's trigger, such as `coupon_redeemed`.
            pub fn trigger(self) -> &'static str {
                match self { $(Self::$name => $snake,)* }
            }

            /// The parts of [`EventData`] that every such event has, beside the coupon.
            pub fn parts(self) -> &'static [&'static str] {
                match self { $(Self::$name => $needs,)* }
            }
        }
    };
}

event_types! {
    /// A code was applied to an order, paid or not.
    CouponApplied "coupon_applied" needs &["order", "application"];
    /// A redemption was committed.
    CouponRedeemed "coupon_redeemed" needs &["order", "redemption"];
    /// The last permitted redemption was committed.
    CouponLimitReached "coupon_limit_reached" needs &[];
    /// An active coupon's expiry instant passed.
    CouponExpired "coupon_expired" needs &[];
    /// A redemption was given back.
    CouponRedemptionRolledBack "coupon_redemption_rolled_back" needs &["order", "redemption"];
    /// A hold ran out unredeemed.
    CouponHoldExpired "coupon_hold_expired" needs &["order", "application"];
    /// Applied, and not redeemed within the window.
    CouponApplicationAbandoned "coupon_application_abandoned" needs &["order", "application"];
    /// An attempt was refused.
    CouponRejected "coupon_rejected" needs &["order", "rejection"];
    /// A configured share of the limit was used.
    CouponThresholdReached "coupon_threshold_reached" needs &["threshold"];
    /// A configured lead time before the expiry.
    CouponExpiring "coupon_expiring" needs &["lead_time"];
}

impl EventType {
    /// The type with this trigger name.
    pub fn from_trigger(trigger: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.trigger() == trigger)
    }

    /// Whether such an event comes with an order, and so perhaps with a customer.
    pub fn has_order(self) -> bool {
        self.parts().contains(&"order")
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.detail_type())
    }
}

/// Percent, or an amount with its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum CouponValue {
    /// Percent off.
    Percent(Percentage),
    /// Amount off.
    Amount(Money),
}

/// `percentage` or `fixed_amount`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CouponType {
    /// A share of the order.
    Percentage,
    /// An amount off the order.
    FixedAmount,
}

/// The coupon as it was when the event happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CouponSnapshot {
    /// Its id.
    pub id: CouponId,
    /// Its code.
    pub code: CouponCode,
    /// The operator's name for it.
    pub name: String,
    /// What kind of discount.
    pub r#type: CouponType,
    /// How much.
    pub value: CouponValue,
    /// Permitted redemptions; null where there is no limit.
    pub limit: Option<i64>,
    /// Redemptions committed, this one included.
    pub times_redeemed: i64,
    /// Redemptions left; null where there is no limit.
    pub remaining: Option<i64>,
    /// Its expiry instant.
    pub expires_at: Option<DateTime<Utc>>,
}

impl From<Discount> for CouponType {
    fn from(discount: Discount) -> Self {
        match discount {
            Discount::Percentage { .. } => Self::Percentage,
            Discount::FixedAmount { .. } => Self::FixedAmount,
        }
    }
}

impl From<Discount> for CouponValue {
    fn from(discount: Discount) -> Self {
        match discount {
            Discount::Percentage { percent_off } => Self::Percent(percent_off),
            Discount::FixedAmount { amount_off, currency } => Self::Amount(Money::new(amount_off, currency)),
        }
    }
}

impl From<&Coupon> for CouponSnapshot {
    fn from(coupon: &Coupon) -> Self {
        Self {
            id: coupon.id.clone(),
            code: coupon.terms.code.clone(),
            name: coupon.terms.name.clone(),
            r#type: coupon.terms.discount.into(),
            value: coupon.terms.discount.into(),
            limit: coupon.terms.max_redemptions,
            times_redeemed: coupon.times_redeemed,
            remaining: coupon.remaining,
            expires_at: coupon.terms.expires_at,
        }
    }
}

/// The order and what the coupon made of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OrderSnapshot {
    /// The shop's id.
    pub id: String,
    /// The currency of every amount in it.
    pub currency: Currency,
    /// What was bought.
    pub lines: Vec<Line>,
    /// Before the discount.
    pub value: Money,
    /// The discount.
    pub discount: Money,
    /// After the discount.
    pub total: Money,
}

impl OrderSnapshot {
    /// An order with its discount.
    pub fn new(order: &Order, discount: &PricedDiscount) -> Self {
        let value = order.value();
        Self {
            id: order.id.clone(),
            currency: order.currency,
            lines: order.lines.clone(),
            value,
            discount: discount.money(),
            total: Money::new(value.amount - discount.amount, order.currency),
        }
    }
}

/// The application that an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ApplicationRef {
    /// Its id.
    pub id: ApplicationId,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// The redemption that an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RedemptionRef {
    /// Its id.
    pub id: RedemptionId,
    /// The how-many-eth of the coupon it is.
    pub redemption_number: i64,
    /// When it was committed.
    pub created_at: DateTime<Utc>,
}

/// What an event tells. The coupon is always there; the rest where there is any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct EventData {
    /// The coupon as it was.
    pub coupon: CouponSnapshot,
    /// Who, where the storefront said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<Customer>,
    /// The order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderSnapshot>,
    /// Where the order came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<ApplicationRef>,
    /// The redemption.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redemption: Option<RedemptionRef>,
    /// Why an attempt was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejection: Option<Rejection>,
    /// The threshold that was reached, such as `80%` or `10 left`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<String>,
    /// How long before the expiry, as an ISO 8601 duration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_time: Option<String>,
}

impl EventData {
    fn of(coupon: CouponSnapshot) -> Self {
        Self {
            coupon,
            customer: None,
            order: None,
            source: None,
            application: None,
            redemption: None,
            rejection: None,
            threshold: None,
            lead_time: None,
        }
    }
}

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
        let Application { id, customer, order, source, discount, created_at, .. } = application.clone();
        let nature = [id.key().to_owned(), revision.to_string()];
        let data = EventData {
            customer,
            order: Some(OrderSnapshot::new(&order, &discount)),
            source,
            application: Some(ApplicationRef { id, created_at }),
            ..EventData::of(coupon)
        };
        let nature: Vec<&str> = nature.iter().map(String::as_str).collect();
        Self::new(EventType::CouponApplied, tenant, &nature, created_at, correlation_id, data)
    }

    /// A redemption was committed, as the coupon's `number`th.
    pub fn coupon_redeemed(
        tenant: &TenantId,
        coupon: CouponSnapshot,
        redemption: &Redemption,
        number: i64,
        correlation_id: Option<String>,
    ) -> Self {
        let Redemption { id, customer, order, source, discount, created_at, .. } = redemption.clone();
        let key = id.key().to_owned();
        let data = EventData {
            customer,
            order: Some(OrderSnapshot::new(&order, &discount)),
            source,
            redemption: Some(RedemptionRef { id, redemption_number: number, created_at }),
            ..EventData::of(coupon)
        };
        Self::new(EventType::CouponRedeemed, tenant, &[&key], created_at, correlation_id, data)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trigger_names_are_the_snake_case_of_the_type() {
        for kind in EventType::ALL {
            let snake: String = kind
                .detail_type()
                .char_indices()
                .map(|(i, c)| {
                    if c.is_uppercase() && i > 0 {
                        format!("_{}", c.to_lowercase())
                    } else {
                        c.to_lowercase().to_string()
                    }
                })
                .collect();
            assert_eq!(kind.trigger(), snake);
            assert_eq!(EventType::from_trigger(&snake), Some(*kind));
        }
    }
}
