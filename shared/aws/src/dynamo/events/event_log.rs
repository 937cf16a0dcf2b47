//! Stores the event log.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use couponflow_app::events::ports::EventQuery;
use couponflow_app::kernel::error::{StoreError, chain};
use couponflow_app::kernel::page::{Page, PageRequest};
use couponflow_domain::contacts::contact::contact_key;
use couponflow_domain::events::event::{CorrelationKey, Envelope, Event, EventType, SOURCE};
use couponflow_domain::kernel::cursor::Cursor;
use couponflow_domain::kernel::ids::{ContactId, CouponId, EventId};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::dynamo::engine::item::{Item, Stored, from_item, from_stored_json, s};
use crate::dynamo::engine::key::Key;
use crate::dynamo::engine::tenant_keys::TenantKeys;
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::failure::failed;

/// How long the event log keeps an event. Searches read no older events.
const KEPT: Days = Days::new(90);

/// Maximum number of entries that one query reads from one shard.
const CHUNK: i32 = 100;

/// Maximum number of entries that one call examines. If few of the entries match, the page is short and has a cursor.
const MAX_EXAMINED: usize = 2000;

/// Maximum number of days without a matching entry that one call reads. Each day takes one query per shard.
const BARE_DAYS: usize = 14;

/// Maximum number of events that are read for one purchase. Older events are ignored.
const MAX_EVENTS_READ: i32 = 100;

#[derive(Serialize, Deserialize)]
pub(crate) struct EventItem {
    coupon_id: CouponId,
    event_type: EventType,
    occurred_at_ms: i64,
    /// The envelope as JSON.
    pub(crate) envelope: String,
    /// When DynamoDB may delete the entry, in seconds since 1970.
    ttl: i64,
    /// Index attributes that list the event under its contact. `None` if the event names no contact.
    #[serde(flatten)]
    of_contact: Option<OfContact>,
}

#[derive(Debug, Serialize, Deserialize)]
struct OfContact {
    gsi1pk: String,
    gsi1sk: EventId,
}

impl Stored for EventItem {
    const KIND: &'static str = "EVENT";
}

impl EventItem {
    /// Creates the log entry of an event.
    pub(crate) fn new(event: &Event, keys: &TenantKeys) -> Result<Self, StoreError> {
        let occurred_at = event.metadata.occurred_at;
        let detail =
            serde_json::to_value(event.detail()).map_err(|error| failed("serializing an event")(error.into()))?;
        let envelope = json!({"source": SOURCE, "detail-type": event.kind.detail_type(), "detail": detail});
        Ok(Self {
            coupon_id: event.data.coupon.id.clone(),
            event_type: event.kind,
            occurred_at_ms: occurred_at.timestamp_millis(),
            envelope: envelope.to_string(),
            ttl: (occurred_at + KEPT).timestamp(),
            of_contact: event.data.customer.as_ref().map(|customer| OfContact {
                gsi1pk: keys.events_of_contact(&contact_key(customer)),
                gsi1sk: event.id().clone(),
            }),
        })
    }
}

impl TenantStore {
    /// The cursor is an event id, and the next call continues with lower ids. Normally, the cursor
    /// is the id of the last examined entry, even if that entry did not match. If the call stops
    /// after `BARE_DAYS` days, the cursor is the lowest possible id of the last day.
    pub(crate) async fn events(
        &self,
        query: &EventQuery,
        page: &PageRequest,
        now: DateTime<Utc>,
    ) -> Result<Page<Value>, StoreError> {
        let doing = "reading the event log";
        let Ok(cursor) = page.cursor.as_ref().map(|cursor| EventId::parse(cursor.as_str())).transpose() else {
            return Ok(Page::new(Vec::new(), None));
        };
        let oldest = query.from.unwrap_or(now - KEPT).max(now - KEPT);
        let first_wanted = String::from(first_id(oldest));
        let end = query.to.map(first_id).into_iter().chain(cursor).min();
        let mut day = end.as_ref().map_or(now, |id| last_instant_below(id).min(now)).date_naive();
        let mut before = end.map_or_else(|| "evt_~".to_owned(), String::from);
        let mut found = Page::new(Vec::new(), None);
        let mut budget = MAX_EXAMINED;
        let (mut bare_days, mut found_before) = (0, 0);
        while day >= oldest.date_naive() {
            let chunk = self.newest_of_day(day, &before, doing).await?;
            for (id, item) in chunk.entries {
                if id < first_wanted {
                    return Ok(found);
                }
                if found.data.len() == page.limit || budget == 0 {
                    found.next_cursor = Some(Cursor::new(before));
                    return Ok(found);
                }
                budget -= 1;
                match wanted(query, item, doing) {
                    Ok(envelope) => found.data.extend(envelope),
                    Err(error) => {
                        found.skipped += 1;
                        tracing::error!(tenant.id = %self.keys.tenant, event.id = id, error = %chain(&error), "Skipped a damaged entry of the event log");
                    }
                }
                before = id;
            }
            if let Some(rest) = chunk.rest {
                before = rest;
                continue;
            }
            bare_days += usize::from(found.data.len() == found_before);
            found_before = found.data.len();
            if bare_days == BARE_DAYS && day > oldest.date_naive() {
                let first_of_day = first_id(day.and_time(NaiveTime::MIN).and_utc());
                found.next_cursor = Some(Cursor::new(first_of_day));
                return Ok(found);
            }
            match day.pred_opt() {
                Some(day_before) => day = day_before,
                None => break,
            }
        }
        Ok(found)
    }

    pub(crate) async fn events_of(
        &self,
        contact: Option<&ContactId>,
        keys: &BTreeSet<CorrelationKey>,
        since: DateTime<Utc>,
    ) -> Result<Vec<Event>, StoreError> {
        let doing = "reading the events of a purchase";
        let mut ids = self.correlated_events(keys, &first_id(since), doing).await?;
        if let Some(contact) = contact {
            ids.extend(self.events_of_contact(contact, since, doing).await?);
        }
        let newest = ids.len().saturating_sub(MAX_EVENTS_READ as usize);
        let ids: Vec<EventId> = ids.into_iter().skip(newest).collect();
        self.events_with_ids(&ids, doing).await
    }

    /// Reads the events with these ids, in the order of the ids. Skips ids without an entry, and damaged entries.
    pub(crate) async fn events_with_ids(&self, ids: &[EventId], doing: &'static str) -> Result<Vec<Event>, StoreError> {
        let keys: Vec<Key> = ids.iter().map(|id| self.keys.event(id)).collect();
        let mut events = Vec::with_capacity(ids.len());
        for (id, item) in ids.iter().zip(self.table.items(&keys, doing).await?) {
            match item.map(|item| event_of(item, doing)).transpose() {
                Ok(event) => events.extend(event),
                Err(error) => {
                    tracing::error!(tenant.id = %self.keys.tenant, event.id = %id, error = %chain(&error), "Skipped a damaged entry of the event log");
                }
            }
        }
        Ok(events)
    }

    /// Returns the ids of the newest events that name a contact.
    async fn events_of_contact(
        &self,
        contact: &ContactId,
        since: DateTime<Utc>,
        doing: &'static str,
    ) -> Result<Vec<EventId>, StoreError> {
        let newest = self
            .table
            .query_index(self.keys.events_of_contact(contact.key()))
            .key_condition_expression("gsi1pk = :list AND gsi1sk >= :first")
            .expression_attribute_values(":first", s(first_id(since).as_str()))
            .scan_index_forward(false)
            .limit(MAX_EVENTS_READ)
            .send()
            .await
            .map_err(|error| failed(doing)(error.into()))?;
        let ids = newest.items.unwrap_or_default().into_iter().filter_map(|item| sort_key(&item));
        Ok(ids.filter_map(|id| EventId::parse(&id).ok()).collect())
    }
}

/// Newest entries of a day, newest first, with their ids.
struct Chunk {
    entries: Vec<(String, Item)>,
    /// Older entries of the day have ids below this id. `None` if the day has no older entries.
    rest: Option<String>,
}

impl TenantStore {
    /// Reads the newest entries of each shard of a day, and merges them. If a shard has more
    /// entries than one query reads, the query ends at some id. The merged entries are complete
    /// only down to the highest of these ids. The next chunk contains the lower entries.
    async fn newest_of_day(&self, day: NaiveDate, before: &str, doing: &'static str) -> Result<Chunk, StoreError> {
        let shards = self.keys.events_of_day(day).map(|shard| self.newest_of_shard(shard, before, doing));
        let shards = try_join_all(shards).await?;
        let rest = shards.iter().filter_map(|shard| shard.rest.clone()).max();
        let mut entries: Vec<_> = shards.into_iter().flat_map(|shard| shard.entries).collect();
        entries.retain(|(id, _)| rest.as_ref().is_none_or(|rest| id >= rest));
        entries.sort_unstable_by(|(a, _), (b, _)| b.cmp(a));
        Ok(Chunk { entries, rest })
    }

    async fn newest_of_shard(&self, shard: String, before: &str, doing: &'static str) -> Result<Chunk, StoreError> {
        let answer = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .key_condition_expression("pk = :shard AND sk < :before")
            .expression_attribute_values(":shard", s(shard))
            .expression_attribute_values(":before", s(before))
            .scan_index_forward(false)
            .consistent_read(true)
            .limit(CHUNK)
            .send()
            .await
            .map_err(|error| failed(doing)(error.into()))?;
        let rest = answer.last_evaluated_key.as_ref().and_then(sort_key);
        let entries = answer.items.unwrap_or_default().into_iter().filter_map(|item| Some((sort_key(&item)?, item)));
        Ok(Chunk { entries: entries.collect(), rest })
    }
}

fn sort_key(item: &Item) -> Option<String> {
    item.get("sk")?.as_s().ok().cloned()
}

/// Returns the smallest possible id of an event at `instant`.
fn first_id(instant: DateTime<Utc>) -> EventId {
    EventId::new(instant, [0; 10])
}

/// Returns the last instant, to the millisecond, at which an event with a lower id can have occurred.
fn last_instant_below(id: &EventId) -> DateTime<Utc> {
    let instant = id.instant();
    if *id == first_id(instant) { instant - TimeDelta::milliseconds(1) } else { instant }
}

/// Parses the event of an entry.
fn event_of(item: Item, doing: &'static str) -> Result<Event, StoreError> {
    let item: EventItem = from_item(item, doing)?;
    from_stored_json::<Envelope>(&item.envelope, "event", doing).map(Event::from)
}

/// Returns the envelope of an entry if it matches the query.
fn wanted(query: &EventQuery, item: Item, doing: &'static str) -> Result<Option<Value>, StoreError> {
    let item: EventItem = from_item(item, doing)?;
    let wanted = query.coupon_id.as_ref().is_none_or(|id| *id == item.coupon_id)
        && query.kind.is_none_or(|kind| kind == item.event_type);
    if !wanted {
        return Ok(None);
    }
    from_stored_json(&item.envelope, "event", doing).map(Some)
}
