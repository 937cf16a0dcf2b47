//! What the relay needs, and the event log.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use couponflow_domain::coupon::Threshold;
use couponflow_domain::customer::Customer;
use couponflow_domain::event::{CorrelationKey, CouponSnapshot, Event, EventType};
use couponflow_domain::ids::{ContactId, CouponId, RedemptionId};
use couponflow_domain::purchase::{Attempt, Redemption};
use couponflow_domain::statistics::Statistics;
use couponflow_domain::timer::Timer;
use serde_json::Value;

use super::{Page, PageRequest, Stored};
use crate::error::StoreError;

/// A redemption of a unique code with its number.
#[derive(Debug, Clone)]
pub struct NumberedRedemption {
    /// The coupon right after.
    pub coupon: CouponSnapshot,
    /// The redemption.
    pub redemption: Redemption,
    /// Which one it is.
    pub number: i64,
    /// Whether the coupon's abandonment window needs to know when its customer redeemed last.
    pub notes_customer: bool,
}

/// What the relay needs of the store.
pub trait RelayStore {
    /// Gives a redemption its number, once, and answers with it and the correlation id of its request.
    async fn number_redemption(&self, id: &RedemptionId, number: i64) -> Stored<(Redemption, Option<String>)>;
    /// Counts redemptions of unique codes of a coupon, which were committed in the codes' own items, and gives each its
    /// number, once. Each comes with the correlation id of its request. An error says nothing about which of them are
    /// counted; counting them again changes nothing.
    async fn number_code_redemptions(
        &self,
        coupon_id: &CouponId,
        redemptions: &[(Redemption, Option<String>)],
    ) -> Stored<Vec<NumberedRedemption>>;
    /// A redemption that was given back, and the correlation id of the request that did it.
    async fn rolled_back_redemption(&self, id: &RedemptionId) -> Stored<(Redemption, Option<String>)>;
    /// Logs events of one coupon and counts them, each once; one that was logged before is left at that. An error says
    /// nothing about which of them are logged.
    async fn log_events(&self, events: &[Event]) -> Stored<()>;
    /// Claims a threshold in a limit epoch for the event of reaching it; false where another event has it: it was reached
    /// before, and fallen short of by a rollback.
    async fn claim_threshold(&self, threshold: Threshold, limit_epoch: i64, event: &Event) -> Stored<bool>;
    /// Counts an attempt on a code that belongs to no coupon, once.
    async fn count_rejection(&self, attempt: &Attempt) -> Stored<()>;
    /// Remembers when customers redeemed a coupon last, for its abandonment window.
    async fn note_customer(&self, coupon_id: &CouponId, customer: &Customer, at: DateTime<Utc>) -> Stored<()>;
    /// Sets a timer; setting it again changes nothing.
    async fn set_timer(&self, timer: &Timer) -> Stored<()>;
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
    /// The events of a contact, and those with one of the keys, from an instant on, oldest first; of more than a hundred
    /// the newest hundred. One of the contact that was logged in this very moment may be missing.
    async fn events_of(
        &self,
        contact: Option<&ContactId>,
        keys: &BTreeSet<CorrelationKey>,
        since: DateTime<Utc>,
    ) -> Stored<Vec<Event>>;
}

/// Which statistics are wanted.
#[derive(Debug, Clone)]
pub struct StatisticsQuery {
    /// Of this coupon; none means of attempts on codes that belong to no coupon.
    pub coupon_id: Option<CouponId>,
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
}

/// Reads statistics.
pub trait StatisticsStore {
    /// All that was counted of it, and each day of the query on which something was.
    async fn statistics(&self, query: &StatisticsQuery) -> Stored<(Statistics, Vec<(NaiveDate, Statistics)>)>;
}

/// The event bus.
pub trait EventBus {
    /// Publishes events. Answers for each, in order, whether the bus took it.
    async fn publish(&self, events: &[Event]) -> Vec<Result<(), StoreError>>;
}
