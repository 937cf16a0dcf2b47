//! Ports for events: the event log with the store operations of the relay, and the event bus.
//!
//! The relay publishes committed changes as events. A limit epoch of a coupon is a period in which
//! at most one event is published for reaching the limit, and at most one for each threshold of the
//! limit. A new epoch starts when an edit raises, removes or introduces the limit. A new epoch also
//! starts when a rollback releases a redemption of a coupon that was at its limit.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use couponflow_domain::coupons::coupon::Threshold;
use couponflow_domain::events::contact_erased::ContactErased;
use couponflow_domain::events::event::{CorrelationKey, CouponSnapshot, Event, EventType};
use couponflow_domain::events::outbox::{CommittedChange, Evidence};
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::counters::{LimitEpoch, RedemptionNumber, Revision};
use couponflow_domain::kernel::cursor::Cursor;
use couponflow_domain::kernel::ids::{ContactId, CouponId, EventId, RedemptionId};
use couponflow_domain::purchases::customer::Customer;
use couponflow_domain::purchases::{Redemption, RejectedAttempt};
use couponflow_domain::tenants::tenant::TenantId;
use serde_json::Value;

use crate::kernel::error::{StoreError, StoreResult};
use crate::kernel::page::{Page, PageRequest};

/// Redemption of a unique code, with its sequence number.
#[derive(Debug, Clone)]
pub struct NumberedRedemption {
    /// Coupon right after the redemption was counted.
    pub coupon: CouponSnapshot,
    pub redemption: Redemption,
    /// Sequence number among the coupon's redemptions.
    pub number: RedemptionNumber,
    /// Whether the coupon has an abandonment window. If so, the relay records the time of the customer's last
    /// redemption.
    pub has_abandonment_window: bool,
}

/// Selects events of the event log. Every field that is set must match.
#[derive(Debug, Clone, Default)]
pub struct EventQuery {
    pub coupon_id: Option<CouponId>,
    pub kind: Option<EventType>,
    /// Earliest time of occurrence, inclusive.
    pub from: Option<DateTime<Utc>>,
    /// Latest time of occurrence, exclusive.
    pub to: Option<DateTime<Utc>>,
}

/// Stores the event log of a tenant, and what the relay derives from committed changes.
pub trait EventStore {
    // Operations of the relay

    /// Stores the sequence number of a redemption, unless the redemption already has a number.
    /// Returns the redemption and the correlation id of its request.
    async fn number_redemption(
        &self,
        id: &RedemptionId,
        number: RedemptionNumber,
    ) -> StoreResult<(Redemption, Option<CorrelationId>)>;
    /// Gives a redemption of a shared code whose stream record was lost the next sequence number of its coupon, unless the
    /// redemption already has a number. Returns the redemption and the correlation id of its request.
    async fn number_anew(
        &self,
        coupon_id: &CouponId,
        id: &RedemptionId,
    ) -> StoreResult<(Redemption, Option<CorrelationId>)>;
    /// Counts redemptions of one coupon's unique codes, and assigns a sequence number to each
    /// redemption. Before this call, a redemption is stored only in the item of its code. Each
    /// redemption in `redemptions` is paired with the correlation id of its request. Idempotent.
    /// After an error, some of the redemptions may have been counted.
    async fn number_code_redemptions(
        &self,
        coupon_id: &CouponId,
        redemptions: &[(Redemption, Option<CorrelationId>)],
    ) -> StoreResult<Vec<NumberedRedemption>>;
    /// Returns a redemption that was rolled back, and the correlation id of the rollback request.
    async fn rolled_back_redemption(&self, id: &RedemptionId) -> StoreResult<(Redemption, Option<CorrelationId>)>;
    /// Adds events of one coupon to the event log and to the statistics. Skips events that are
    /// already in the log. After an error, some of the events may have been added.
    async fn log_events(&self, events: &[Event]) -> StoreResult<()>;
    /// Claims a threshold of a limit epoch for `event`. Returns false if an earlier event of the
    /// epoch claimed the threshold. This happens if the count falls below the threshold because of
    /// a rollback, and then reaches the threshold again.
    async fn claim_threshold(&self, threshold: Threshold, limit_epoch: LimitEpoch, event: &Event) -> StoreResult<bool>;
    /// Counts attempts with codes that belong to no coupon. Idempotent. After an error, some of the attempts may have
    /// been counted.
    async fn count_rejections(&self, attempts: &[RejectedAttempt]) -> StoreResult<()>;
    /// Returns for each piece of evidence whether it exists, in order.
    async fn exist(&self, evidence: &[Evidence]) -> StoreResult<Vec<bool>>;
    /// Returns the events with these ids that the event log contains. Skips damaged entries.
    async fn logged_events(&self, ids: &[EventId]) -> StoreResult<Vec<Event>>;
    /// Records the time of a customer's last redemption of a coupon, for the coupon's abandonment window.
    async fn record_last_redemption(
        &self,
        coupon_id: &CouponId,
        customer: &Customer,
        at: DateTime<Utc>,
    ) -> StoreResult<()>;

    // Event log

    /// Lists event envelopes as published to the bus, newest first.
    async fn events(&self, query: &EventQuery, page: &PageRequest, now: DateTime<Utc>) -> StoreResult<Page<Value>>;
    /// Returns the newest 100 events since `since` that belong to the contact or have one of the
    /// keys, oldest first. A recent event of the contact can be missing, because the index is
    /// eventually consistent.
    async fn events_of(
        &self,
        contact: Option<&ContactId>,
        keys: &BTreeSet<CorrelationKey>,
        since: DateTime<Utc>,
    ) -> StoreResult<Vec<Event>>;
}

/// Part of the table, as the sweep reads it.
#[derive(Debug)]
pub struct CommittedPart {
    /// Changes that the items of the part prove, in the order of the items.
    pub changes: Vec<(TenantId, CommittedChange)>,
    /// Number of items that were read.
    pub examined: usize,
    /// Position of the part after this one; `None` after the last part.
    pub next: Option<Cursor>,
}

/// Progress of the sweep. A pass reads the whole table once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepProgress {
    /// Start of the pass.
    pub started_at: DateTime<Utc>,
    /// Part of the table that is next; `None` for the first part.
    pub position: Option<Cursor>,
    pub is_complete: bool,
    /// Events in the next part that an earlier attempt began to publish. The event log can contain the event although the
    /// event was not published.
    pub begun: Vec<(TenantId, EventId)>,
    /// Number of attempts on the next part that did not succeed.
    pub attempts: i64,
    /// Instant until which only the call that saved this progress may work on the pass. `None` if no call does.
    pub claimed_until: Option<DateTime<Utc>>,
    /// Number of times that the progress was saved.
    pub revision: Revision,
}

/// Reads the changes of all tenants from the table, for the sweep.
pub trait CommittedChanges {
    /// Returns the progress of the latest pass; `None` before the first pass.
    async fn sweep_progress(&self) -> StoreResult<Option<SweepProgress>>;
    /// Saves the progress if the stored progress has the revision before. Returns false if it has another revision, because
    /// another call has saved its progress.
    async fn save_sweep_progress(&self, progress: &SweepProgress) -> StoreResult<bool>;
    /// Reads a part of the table. Skips damaged items.
    async fn committed_changes(&self, position: Option<&Cursor>) -> StoreResult<CommittedPart>;
}

/// Publishes to the event bus.
pub trait EventBus {
    /// Publishes events and returns one result per event, in order.
    async fn publish(&self, events: &[Event]) -> Vec<Result<(), StoreError>>;
    /// Publishes that erasures are complete. Returns one result per event, in order.
    async fn publish_erasures(&self, events: &[ContactErased]) -> Vec<Result<(), StoreError>>;
}

/// Queues for stream records that cannot be relayed now.
pub trait RecordQueues {
    /// Moves records of one subject to the retry queue, which delivers them again, in this order. `cause` is the reason.
    async fn defer(&self, tenant: &TenantId, records: &[&Value], cause: &StoreError) -> StoreResult<()>;
    /// Moves a record to the dead-letter queue, where it stays until an operator redrives it. `cause` is the reason.
    async fn set_aside(&self, record: &Value, cause: &StoreError) -> StoreResult<()>;
}
