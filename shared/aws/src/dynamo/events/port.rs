//! The port of the room. Each method is implemented in the file of the items that it reads or writes.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use couponflow_app::events::ports::{EventQuery, EventStore, NumberedRedemption};
use couponflow_app::kernel::error::StoreError;
use couponflow_app::kernel::page::{Page, PageRequest};
use couponflow_domain::coupons::coupon::Threshold;
use couponflow_domain::events::event::{CorrelationKey, Event};
use couponflow_domain::events::outbox::Evidence;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::counters::{LimitEpoch, RedemptionNumber};
use couponflow_domain::kernel::ids::{ContactId, CouponId, EventId, RedemptionId};
use couponflow_domain::purchases::customer::Customer;
use couponflow_domain::purchases::{Redemption, RejectedAttempt};
use serde_json::Value;

use crate::dynamo::engine::tenant_store::TenantStore;

impl EventStore for TenantStore {
    async fn number_redemption(
        &self,
        id: &RedemptionId,
        number: RedemptionNumber,
    ) -> Result<(Redemption, Option<CorrelationId>), StoreError> {
        self.store_redemption_number(id, number).await
    }

    async fn number_anew(
        &self,
        coupon_id: &CouponId,
        id: &RedemptionId,
    ) -> Result<(Redemption, Option<CorrelationId>), StoreError> {
        self.next_redemption_number(coupon_id, id).await
    }

    async fn number_code_redemptions(
        &self,
        coupon_id: &CouponId,
        redemptions: &[(Redemption, Option<CorrelationId>)],
    ) -> Result<Vec<NumberedRedemption>, StoreError> {
        self.count_codes(coupon_id, redemptions).await
    }

    async fn rolled_back_redemption(
        &self,
        id: &RedemptionId,
    ) -> Result<(Redemption, Option<CorrelationId>), StoreError> {
        self.read_rolled_back(id).await
    }

    async fn log_events(&self, events: &[Event]) -> Result<(), StoreError> {
        self.log_and_count(events).await?;
        self.correlate(events).await
    }

    async fn claim_threshold(
        &self,
        threshold: Threshold,
        limit_epoch: LimitEpoch,
        event: &Event,
    ) -> Result<bool, StoreError> {
        self.claim_threshold_for(threshold, limit_epoch, event).await
    }

    async fn count_rejections(&self, attempts: &[RejectedAttempt]) -> Result<(), StoreError> {
        self.count_attempts(attempts).await
    }

    async fn exist(&self, evidence: &[Evidence]) -> Result<Vec<bool>, StoreError> {
        self.evidence_exists(evidence).await
    }

    async fn logged_events(&self, ids: &[EventId]) -> Result<Vec<Event>, StoreError> {
        self.events_with_ids(ids, "reading events of the event log").await
    }

    async fn record_last_redemption(
        &self,
        coupon_id: &CouponId,
        customer: &Customer,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.remember_redemption(coupon_id, customer, at).await
    }

    async fn events(
        &self,
        query: &EventQuery,
        page: &PageRequest,
        now: DateTime<Utc>,
    ) -> Result<Page<Value>, StoreError> {
        self.events(query, page, now).await
    }

    async fn events_of(
        &self,
        contact: Option<&ContactId>,
        keys: &BTreeSet<CorrelationKey>,
        since: DateTime<Utc>,
    ) -> Result<Vec<Event>, StoreError> {
        self.events_of(contact, keys, since).await
    }
}
