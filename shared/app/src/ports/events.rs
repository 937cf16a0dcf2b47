//! What the relay needs, and the event log.

use chrono::{DateTime, Utc};
use couponflow_domain::event::{Event, EventType};
use couponflow_domain::ids::{CouponId, RedemptionId};
use couponflow_domain::purchase::Redemption;
use serde_json::Value;

use super::{Page, PageRequest, Stored};
use crate::error::StoreError;

/// What the relay needs of the store.
pub trait RelayStore {
    /// Gives a redemption its number, once, and answers with it and the correlation id of its request.
    async fn number_redemption(&self, id: &RedemptionId, number: i64) -> Stored<(Redemption, Option<String>)>;
    /// A redemption that was given back, and the correlation id of the request that did it.
    async fn rolled_back_redemption(&self, id: &RedemptionId) -> Stored<(Redemption, Option<String>)>;
    /// Logs an event and counts it, once; where it was logged before, that is all.
    async fn log_event(&self, event: &Event) -> Stored<()>;
}

/// Which events of the log are wanted.
#[derive(Debug, Clone, Default)]
pub struct EventQuery {
    /// Of this coupon.
    pub coupon_id: Option<CouponId>,
    /// Of this type.
    pub kind: Option<EventType>,
    /// At or after.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub to: Option<DateTime<Utc>>,
}

/// Reads the event log.
pub trait EventLog {
    /// Events as they went to the bus, newest first.
    async fn events(&self, query: &EventQuery, page: &PageRequest, now: DateTime<Utc>) -> Stored<Page<Value>>;
}

/// The event bus.
pub trait EventBus {
    /// Publishes events. Answers for each, in order, whether the bus took it.
    async fn publish(&self, events: &[Event]) -> Vec<Result<(), StoreError>>;
}
