//! Writes of the relay: redemption numbers, the event log, and the statistics counted from it.

use std::collections::{BTreeMap, HashSet};

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use chrono::{DateTime, NaiveDate, Utc};
use couponflow_app::error::StoreError;
use couponflow_app::ports::{NumberedRedemption, RelayStore};
use couponflow_domain::coupon::Threshold;
use couponflow_domain::customer::Customer;
use couponflow_domain::event::Event;
use couponflow_domain::ids::{CouponId, RedemptionId};
use couponflow_domain::purchase::{Redemption, RejectedAttempt};
use couponflow_domain::statistics::Statistics;

use super::events::EventItem;
use super::item::{IntoElement as _, from_item, n, s, to_item};
use super::keys::Key;
use super::redemptions::RedemptionItem;
use super::transact::Transacted;
use super::{TenantStore, failed, listing};

impl RelayStore for TenantStore {
    async fn number_redemption(
        &self,
        id: &RedemptionId,
        number: i64,
    ) -> Result<(Redemption, Option<String>), StoreError> {
        let doing = "numbering a redemption";
        // The redemption is active or was rolled back meanwhile. It can only move from the first key to the second.
        let numbered = match self.number_at(self.keys.redemption(id.key()), id, number, doing).await? {
            Some(item) => Some(item),
            None => self.number_at(self.keys.rolled_back(id), id, number, doing).await?,
        };
        let Some(item) = numbered else {
            return Err(StoreError::Damaged { doing, detail: format!("redemption {id} does not exist") });
        };
        if item.redemption_number != Some(number) {
            let detail = format!("redemption {id} has the number {:?}; expected {number}", item.redemption_number);
            return Err(StoreError::Damaged { doing, detail });
        }
        let correlation_id = item.correlation_id.clone();
        Ok((item.into(), correlation_id))
    }

    async fn number_code_redemptions(
        &self,
        coupon_id: &CouponId,
        redemptions: &[(Redemption, Option<String>)],
    ) -> Result<Vec<NumberedRedemption>, StoreError> {
        self.count_codes(coupon_id, redemptions).await
    }

    async fn rolled_back_redemption(&self, id: &RedemptionId) -> Result<(Redemption, Option<String>), StoreError> {
        let doing = "reading a redemption that was rolled back";
        let item: Option<RedemptionItem> = self.table.get(self.keys.rolled_back(id), doing).await?;
        let missing =
            StoreError::Damaged { doing, detail: format!("redemption {id} does not exist or was not rolled back") };
        let item = item.ok_or(missing)?;
        let correlation_id = item.correlation_id.clone();
        Ok((item.into(), correlation_id))
    }

    async fn log_events(&self, events: &[Event]) -> Result<(), StoreError> {
        for chunk in self.chunks(events)? {
            self.log_chunk(chunk).await?;
        }
        self.correlate(events).await
    }

    async fn claim_threshold(&self, threshold: Threshold, limit_epoch: i64, event: &Event) -> Result<bool, StoreError> {
        let doing = "claiming a threshold";
        let claim = self
            .table
            .update(self.keys.threshold(&event.data.coupon.id, limit_epoch, threshold))
            .update_expression("SET event_id = :event")
            .condition_expression("attribute_not_exists(event_id) OR event_id = :event")
            .expression_attribute_values(":event", s(event.id().as_str()));
        Ok(matches!(self.table.transact(vec![claim.element(doing)?], doing).await?, Transacted::Committed))
    }

    async fn count_rejection(&self, attempt: &RejectedAttempt) -> Result<(), StoreError> {
        let doing = "counting a rejection";
        let mut counts = Statistics::default();
        counts.rejected.insert(attempt.rejection, 1);
        let once = self
            .table
            .update(self.keys.rejection(attempt))
            .update_expression("SET counted = :yes")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(counted)")
            .expression_attribute_values(":yes", AttributeValue::Bool(true));
        let day = self.keys.stats_of_day(None, attempt.at.date_naive());
        let elements = vec![
            once.element(doing)?,
            self.add_statistics(self.keys.stats_without_coupon(), &counts).element(doing)?,
            self.add_statistics(day, &counts).element(doing)?,
        ];
        self.table.transact(elements, doing).await.map(|_| ())
    }

    async fn record_last_redemption(
        &self,
        coupon_id: &CouponId,
        customer: &Customer,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.remember_redemption(coupon_id, customer, at).await
    }
}

/// Most events that one transaction logs and counts. A transaction has at most 100 elements: up to two per event (its
/// log entry and the statistics of its day) and one for the coupon's statistics.
const CHUNK_EVENTS: usize = 49;

/// Most bytes of log entries in one transaction, well below DynamoDB's limit of 4 MB.
const CHUNK_BYTES: usize = 2_000_000;

/// Event with its log entry.
type Entry<'a> = (&'a Event, EventItem);

impl TenantStore {
    /// Splits events into groups that one transaction can log and count.
    fn chunks<'a>(&self, events: &'a [Event]) -> Result<Vec<Vec<Entry<'a>>>, StoreError> {
        let mut chunks: Vec<Vec<Entry<'a>>> = Vec::new();
        let mut bytes = 0;
        for event in events {
            let item = EventItem::new(event, &self.keys)?;
            bytes += item.envelope.len();
            match chunks.last_mut() {
                Some(chunk) if chunk.len() < CHUNK_EVENTS && bytes <= CHUNK_BYTES => chunk.push((event, item)),
                _ => {
                    bytes = item.envelope.len();
                    chunks.push(vec![(event, item)]);
                }
            }
        }
        Ok(chunks)
    }

    /// Logs and counts events of one coupon in one transaction, so that each is counted once. Leaves out events that
    /// turn out to be logged already, and retries with the rest.
    async fn log_chunk(&self, mut entries: Vec<Entry<'_>>) -> Result<(), StoreError> {
        let doing = "logging events";
        let mut seen = HashSet::new();
        entries.retain(|(event, _)| seen.insert(event.id()));
        while let Some((first, _)) = entries.first() {
            let coupon_id = &first.data.coupon.id;
            let mut total = Statistics::default();
            let mut days: BTreeMap<NaiveDate, Statistics> = BTreeMap::new();
            let mut elements = Vec::with_capacity(entries.len() + 2);
            for (event, item) in &entries {
                total.count(event);
                days.entry(event.metadata.occurred_at.date_naive()).or_default().count(event);
                elements.push(self.table.put_new(to_item(self.keys.event(event.id()), item, doing)?).element(doing)?);
            }
            if !total.entries().is_empty() {
                elements.push(self.add_statistics(self.keys.stats(coupon_id), &total).element(doing)?);
            }
            for (day, counts) in days.iter().filter(|(_, counts)| !counts.entries().is_empty()) {
                let day = self.keys.stats_of_day(Some(coupon_id), *day);
                elements.push(self.add_statistics(day, counts).element(doing)?);
            }
            match self.table.transact(elements, doing).await? {
                Transacted::Committed => return Ok(()),
                Transacted::Cancelled(cancellation) => {
                    let (mut place, before) = (0.., entries.len());
                    entries.retain(|_| place.next().is_some_and(|place| !cancellation.failed_at(place)));
                    if entries.len() == before {
                        let detail = "the transaction was cancelled although none of the events is logged".to_owned();
                        return Err(StoreError::Damaged { doing, detail });
                    }
                }
            }
        }
        Ok(())
    }

    /// Numbers the redemption if this key holds it. A number that is already set is kept.
    async fn number_at(
        &self,
        key: Key,
        id: &RedemptionId,
        number: i64,
        doing: &'static str,
    ) -> Result<Option<RedemptionItem>, StoreError> {
        let update = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(key.attributes()))
            .update_expression("SET redemption_number = if_not_exists(redemption_number, :number), gsi1pk = :list")
            .condition_expression("redemption_id = :id")
            .expression_attribute_values(":number", n(number))
            .expression_attribute_values(":list", s(self.keys.list(listing::LIST)))
            .expression_attribute_values(":id", s(id.as_str()))
            .return_values(ReturnValue::AllNew);
        match update.send().await {
            Ok(updated) => from_item(updated.attributes.unwrap_or_default(), doing).map(Some),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                Ok(None)
            }
            Err(error) => Err(failed(doing)(error.into())),
        }
    }
}
