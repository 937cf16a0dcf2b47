//! The event log, the statistics counted from it, and the numbers of redemptions.

use aws_sdk_dynamodb::types::ReturnValue;
use chrono::{DateTime, Days, Utc};
use couponflow_app::error::StoreError;
use couponflow_app::ports::{EventLog, EventQuery, Page, PageRequest, RelayStore};
use couponflow_domain::event::{Event, EventType, SOURCE};
use couponflow_domain::ids::CouponId;
use couponflow_domain::purchase::Redemption;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::item::{IntoElement as _, Stored, from_item, n, s, to_item};
use super::keys::Key;
use super::redemptions::RedemptionItem;
use super::transact::Transacted;
use super::{TenantStore, failed};

/// How long the log keeps an event, and how far back it is searched.
const KEPT: Days = Days::new(90);

#[derive(Debug, Serialize, Deserialize)]
struct EventItem {
    coupon_id: CouponId,
    event_type: EventType,
    occurred_at_ms: i64,
    /// The envelope as JSON.
    envelope: String,
    /// When DynamoDB may delete it, in seconds since 1970.
    ttl: i64,
}

impl Stored for EventItem {
    const KIND: &'static str = "EVENT";
}

impl RelayStore for TenantStore {
    async fn number_redemption(&self, key: &str, number: i64) -> Result<(Redemption, Option<String>), StoreError> {
        let doing = "numbering a redemption";
        let update = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(self.keys.redemption(key).attributes()))
            .update_expression("SET redemption_number = if_not_exists(redemption_number, :number)")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":number", n(number))
            .return_values(ReturnValue::AllNew);
        let updated = update.send().await.map_err(|error| failed(doing)(error.into()))?;
        let item: RedemptionItem = from_item(updated.attributes.unwrap_or_default(), doing)?;
        if item.redemption_number != Some(number) {
            let detail = format!("redemption {key} is number {:?}, not {number}", item.redemption_number);
            return Err(StoreError::Damaged { doing, detail });
        }
        let correlation_id = item.correlation_id.clone();
        Ok((item.into(), correlation_id))
    }

    async fn log_event(&self, event: &Event) -> Result<(), StoreError> {
        let doing = "logging an event";
        let occurred_at = event.metadata.occurred_at;
        let coupon_id = &event.data.coupon.id;
        let detail = serde_json::to_value(event.detail()).map_err(|error| failed(doing)(error.into()))?;
        let item = EventItem {
            coupon_id: coupon_id.clone(),
            event_type: event.kind,
            occurred_at_ms: occurred_at.timestamp_millis(),
            envelope: json!({"source": SOURCE, "detail-type": event.kind.detail_type(), "detail": detail}).to_string(),
            ttl: (occurred_at + KEPT).timestamp(),
        };
        let key = Key::new(self.keys.events_of_day(occurred_at), event.id().as_str());
        let mut elements = vec![self.table.put_new(to_item(key, &item, doing)?).element(doing)?];
        if event.kind == EventType::CouponApplied {
            // In one write with the log entry, so that an event that comes twice is counted once.
            let count = self.table.update(self.keys.stats(coupon_id));
            let count = count
                .update_expression("ADD times_applied :one SET kind = :kind")
                .expression_attribute_values(":one", n(1))
                .expression_attribute_values(":kind", s("STATS"));
            elements.push(count.element(doing)?);
        }
        match self.table.transact(elements, doing).await? {
            Transacted::Committed | Transacted::Refused(_) => Ok(()),
        }
    }
}

impl EventLog for TenantStore {
    async fn events(
        &self,
        query: &EventQuery,
        page: &PageRequest,
        now: DateTime<Utc>,
    ) -> Result<Page<Value>, StoreError> {
        let doing = "reading the event log";
        let oldest = query.from.unwrap_or(now - KEPT).max(now - KEPT);
        let mut day = query.to.unwrap_or(now).min(now);
        let mut before = page.cursor.clone();
        if let Some(cursor) = before.as_deref().and_then(cursor_instant) {
            day = cursor.min(day);
        }
        let mut data = Vec::new();
        let mut last = None;
        while day.date_naive() >= oldest.date_naive() {
            for item in self.day_of_events(day, before.take(), doing).await? {
                let id = item.get("sk").and_then(|sk| sk.as_s().ok()).cloned().unwrap_or_default();
                let item: EventItem = from_item(item, doing)?;
                if !wanted(query, &item) {
                    continue;
                }
                if data.len() == page.limit {
                    return Ok(Page { data, next_cursor: last });
                }
                let envelope = serde_json::from_str(&item.envelope)
                    .map_err(|error| StoreError::Damaged { doing, detail: error.to_string() })?;
                data.push(envelope);
                last = Some(id);
            }
            day = day - Days::new(1);
        }
        Ok(Page { data, next_cursor: None })
    }
}

impl TenantStore {
    async fn day_of_events(
        &self,
        day: DateTime<Utc>,
        before: Option<String>,
        doing: &'static str,
    ) -> Result<Vec<super::item::Item>, StoreError> {
        let before = before.unwrap_or_else(|| "evt_~".to_owned());
        let pages = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .key_condition_expression("pk = :day AND sk < :before")
            .expression_attribute_values(":day", s(self.keys.events_of_day(day)))
            .expression_attribute_values(":before", s(before))
            .scan_index_forward(false)
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        pages.collect::<Result<Vec<_>, _>>().await.map_err(|error| failed(doing)(error.into()))
    }
}

fn wanted(query: &EventQuery, item: &EventItem) -> bool {
    query.coupon_id.as_ref().is_none_or(|id| *id == item.coupon_id)
        && query.kind.is_none_or(|kind| kind == item.event_type)
        && query.from.is_none_or(|from| item.occurred_at_ms >= from.timestamp_millis())
        && query.to.is_none_or(|to| item.occurred_at_ms < to.timestamp_millis())
}

/// The instant in an event id, which is a ULID.
fn cursor_instant(cursor: &str) -> Option<DateTime<Utc>> {
    couponflow_domain::ids::EventId::parse(cursor).ok().map(|id| id.instant())
}
