//! The relay's store operations, the event log, statistics and the event bus.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use couponflow_domain::coupons::coupon::Threshold;
use couponflow_domain::coupons::statistics::Statistics;
use couponflow_domain::events::event::{CorrelationKey, CouponSnapshot, Event, EventType};
use couponflow_domain::kernel::ids::{ContactId, CouponId, RedemptionId};
use couponflow_domain::purchases::customer::Customer;
use couponflow_domain::purchases::{Redemption, RejectedAttempt};
use serde_json::Value;

use crate::kernel::error::{StoreError, StoreResult};
use crate::kernel::page::{Page, PageRequest};
use crate::timers::ports::SetTimers;

/// Redemption of a unique code with its sequence number.
#[derive(Debug, Clone)]
pub struct NumberedRedemption {
    /// Coupon right after the redemption was counted.
    pub coupon: CouponSnapshot,
    pub redemption: Redemption,
    /// Sequence number among the coupon's redemptions.
    pub number: i64,
    /// Whether the coupon has an abandonment window, which needs the time of the customer's last redemption.
    pub has_abandonment_window: bool,
}

/// Store operations of the relay.
pub trait RelayStore: SetTimers {
    /// Stores the sequence number of a redemption, once. Returns the redemption and the correlation id of its request.
    async fn number_redemption(&self, id: &RedemptionId, number: i64) -> StoreResult<(Redemption, Option<String>)>;
    /// Counts redemptions of unique codes of one coupon, which were committed in the items of the codes, and gives each
    /// its sequence number, once. Each redemption is paired with the correlation id of its request. After an error, any
    /// of them may have been counted; repeating the call is safe.
    async fn number_code_redemptions(
        &self,
        coupon_id: &CouponId,
        redemptions: &[(Redemption, Option<String>)],
    ) -> StoreResult<Vec<NumberedRedemption>>;
    /// Returns a redemption that was rolled back, and the correlation id of the rollback request.
    async fn rolled_back_redemption(&self, id: &RedemptionId) -> StoreResult<(Redemption, Option<String>)>;
    /// Logs and counts events of one coupon, each once; skips events that are logged already. After an error, any of
    /// them may have been logged.
    async fn log_events(&self, events: &[Event]) -> StoreResult<()>;
    /// Claims a threshold of a limit epoch for `event`. Returns false if an earlier event of the epoch claimed it: the
    /// count reached the threshold, fell below it by a rollback, and reached it again.
    async fn claim_threshold(&self, threshold: Threshold, limit_epoch: i64, event: &Event) -> StoreResult<bool>;
    /// Counts an attempt with a code that belongs to no coupon, once.
    async fn count_rejection(&self, attempt: &RejectedAttempt) -> StoreResult<()>;
    /// Records the time of a customer's last redemption of a coupon, for the coupon's abandonment window.
    async fn record_last_redemption(
        &self,
        coupon_id: &CouponId,
        customer: &Customer,
        at: DateTime<Utc>,
    ) -> StoreResult<()>;
}

/// Selects events of the log. Every field that is set must match.
#[derive(Debug, Clone, Default)]
pub struct EventQuery {
    pub coupon_id: Option<CouponId>,
    pub kind: Option<EventType>,
    /// Earliest time of occurrence, inclusive.
    pub from: Option<DateTime<Utc>>,
    /// Latest time of occurrence, exclusive.
    pub to: Option<DateTime<Utc>>,
}

/// Reads the event log.
pub trait EventLog {
    /// Lists event envelopes as published to the bus, newest first.
    async fn events(&self, query: &EventQuery, page: &PageRequest, now: DateTime<Utc>) -> StoreResult<Page<Value>>;
    /// Returns the newest 100 events of a contact or with one of the keys since `since`, oldest first. Events of the
    /// contact that were logged a moment ago may be missing.
    async fn events_of(
        &self,
        contact: Option<&ContactId>,
        keys: &BTreeSet<CorrelationKey>,
        since: DateTime<Utc>,
    ) -> StoreResult<Vec<Event>>;
}

/// Selects statistics.
#[derive(Debug, Clone)]
pub struct StatisticsQuery {
    /// Coupon to report on; `None` selects attempts with codes that belong to no coupon.
    pub coupon_id: Option<CouponId>,
    /// First day, inclusive.
    pub from: NaiveDate,
    /// Last day, inclusive.
    pub to: NaiveDate,
}

/// Reads statistics.
pub trait StatisticsStore {
    /// Returns the totals over all time, and the statistics of each day in the query on which something was counted.
    async fn statistics(&self, query: &StatisticsQuery) -> StoreResult<(Statistics, Vec<(NaiveDate, Statistics)>)>;
}

/// Publishes to the event bus.
pub trait EventBus {
    /// Publishes events and returns one result per event, in order.
    async fn publish(&self, events: &[Event]) -> Vec<Result<(), StoreError>>;
}
