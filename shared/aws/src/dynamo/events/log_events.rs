//! Writes events to the event log, and counts them in the statistics in the same transaction.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;
use couponflow_app::kernel::error::StoreError;
use couponflow_domain::coupons::statistics::Statistics;
use couponflow_domain::events::event::Event;

use crate::dynamo::engine::element::IntoElement as _;
use crate::dynamo::engine::item::to_item;
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::dynamo::engine::transact::Transacted;
use crate::dynamo::events::event_log::EventItem;

/// Maximum number of events that one transaction logs and counts. DynamoDB permits 100 elements. Each event needs up to
/// two (the log entry and the statistics of the day), and the statistics of the coupon need one.
const CHUNK_EVENTS: usize = 49;

/// Maximum size of the log entries in one transaction, in bytes. Well below DynamoDB's limit of 4 MB.
const CHUNK_BYTES: usize = 2_000_000;

/// Event with its log entry.
type Entry<'a> = (&'a Event, EventItem);

impl TenantStore {
    /// Logs and counts events of one coupon. Skips events that are already logged.
    pub(crate) async fn log_and_count(&self, events: &[Event]) -> Result<(), StoreError> {
        for chunk in self.chunks(events)? {
            self.log_chunk(chunk).await?;
        }
        Ok(())
    }

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

    /// Logs and counts events of one coupon in one transaction, so that each event is counted once. If some of the
    /// events are already logged, retries with the others.
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
                        return Err(StoreError::damaged(doing, detail));
                    }
                }
            }
        }
        Ok(())
    }
}
