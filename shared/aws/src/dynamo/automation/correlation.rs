//! Index by correlation key: the digest of an order id or a customer id. The index stores the past
//! events that have a key, and the executions that wait for events with a key.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use couponflow_app::kernel::error::StoreError;
use couponflow_domain::contacts::audience::{PurchaseRecord, Settlement, settlements};
use couponflow_domain::contacts::contact::{Contact, MAX_TAGS_OR_LISTS, contact_key};
use couponflow_domain::events::event::{CorrelationKey, Event, EventType};
use couponflow_domain::kernel::ids::{CouponId, EventId, ExecutionId, RedemptionId};
use couponflow_domain::purchases::APPLICATION_RETENTION;
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use crate::dynamo::engine::item::{Item, Stored, from_item, n, s, to_item};
use crate::dynamo::engine::key::Key;
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::failure::failed;

/// Items per `BatchWriteItem` call: the limit of DynamoDB.
const BATCH: usize = 25;

/// Maximum number of events that are read for one key. Older events are ignored.
const MAX_EVENTS_PER_KEY: i32 = 100;

/// Records that an execution waits for events with a key.
#[derive(Debug, Serialize, Deserialize)]
struct ListenerItem {
    execution_id: ExecutionId,
}

impl Stored for ListenerItem {
    const KIND: &'static str = "LISTENER";
}

/// Records that an event has a key. Contains no personal data: the key of the contact is a digest.
#[derive(Debug, Serialize, Deserialize)]
struct CorrelatedItem {
    event_id: EventId,
    event_type: EventType,
    coupon_id: CouponId,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redemption_id: Option<RedemptionId>,
    /// When DynamoDB may delete the item, in seconds since 1970. Events are kept here as long as
    /// applications.
    ttl: i64,
}

impl Stored for CorrelatedItem {
    const KIND: &'static str = "CORRELATED";
}

impl CorrelatedItem {
    fn of(event: &Event) -> Self {
        Self {
            event_id: event.id().clone(),
            event_type: event.kind,
            coupon_id: event.data.coupon.id.clone(),
            contact_key: event.data.customer.as_ref().map(contact_key),
            redemption_id: event.data.redemption.as_ref().map(|redemption| redemption.id.clone()),
            ttl: (event.metadata.occurred_at + APPLICATION_RETENTION).timestamp(),
        }
    }

    fn note(self) -> PurchaseRecord {
        PurchaseRecord { kind: self.event_type, contact_key: self.contact_key, redemption_id: self.redemption_id }
    }
}

impl TenantStore {
    pub(crate) async fn listen_by_key(
        &self,
        keys: &BTreeSet<CorrelationKey>,
        execution: &ExecutionId,
    ) -> Result<(), StoreError> {
        let doing = "listening for events";
        let puts = keys.iter().map(async |key| {
            let item = ListenerItem { execution_id: execution.clone() };
            let item = to_item(self.keys.listener(key, execution), &item, doing)?;
            let put = self.table.client.put_item().table_name(&self.table.name).set_item(Some(item));
            put.send().await.map(|_| ()).map_err(|error| failed(doing)(error.into()))
        });
        try_join_all(puts).await.map(|_| ())
    }

    pub(crate) async fn stop_listening_by_key(
        &self,
        keys: &BTreeSet<CorrelationKey>,
        execution: &ExecutionId,
    ) -> Result<(), StoreError> {
        let doing = "removing listeners of events";
        let deletes = keys.iter().map(async |key| {
            let key = self.keys.listener(key, execution).attributes();
            let delete = self.table.client.delete_item().table_name(&self.table.name).set_key(Some(key));
            delete.send().await.map(|_| ()).map_err(|error| failed(doing)(error.into()))
        });
        try_join_all(deletes).await.map(|_| ())
    }

    pub(crate) async fn listeners(&self, keys: &BTreeSet<CorrelationKey>) -> Result<BTreeSet<ExecutionId>, StoreError> {
        let doing = "reading the executions that wait for an event";
        let lists = keys.iter().map(|key| self.table.partition(self.keys.listeners(key), doing));
        let items = try_join_all(lists).await?.into_iter().flatten();
        items.map(|item| from_item::<ListenerItem>(item, doing).map(|item| item.execution_id)).collect()
    }

    pub(crate) async fn settle_purchases(&self, event: &Event, contact: Option<&Contact>) -> Result<(), StoreError> {
        let doing = "settling applications";
        let own = PurchaseRecord::of(event, contact.map(|contact| contact.id.key()));
        let keys = event.correlation_keys(contact);
        let Some(own) = own.filter(|_| !keys.is_empty()) else { return Ok(()) };
        let mut related = Vec::new();
        for item in self.newest_correlated(&keys, None, doing).await? {
            let item: CorrelatedItem = from_item(item, doing)?;
            if item.coupon_id == event.data.coupon.id {
                related.push(item.note());
            }
        }
        for settlement in settlements(&own, &related) {
            self.settle_application(&event.data.coupon.id, settlement, doing).await?;
        }
        Ok(())
    }

    /// Records events under each of their keys. Idempotent.
    pub(crate) async fn correlate(&self, events: &[Event]) -> Result<(), StoreError> {
        let doing = "recording events by order and customer";
        let mut items: BTreeMap<(String, String), Item> = BTreeMap::new();
        for event in events {
            for key in event.correlation_keys(None) {
                let key = self.keys.correlated_event(&key, event.id());
                let place = (key.pk.clone(), key.sk.clone());
                items.insert(place, to_item(key, &CorrelatedItem::of(event), doing)?);
            }
        }
        let items: Vec<Item> = items.into_values().collect();
        let batches = items.chunks(BATCH).map(|items| self.put_all(items.to_vec(), doing));
        try_join_all(batches).await.map(|_| ())
    }

    /// Puts up to 25 items.
    async fn put_all(&self, items: Vec<Item>, doing: &'static str) -> Result<(), StoreError> {
        let put = |item| PutRequest::builder().set_item(Some(item)).build();
        let puts: Result<Vec<_>, _> = items.into_iter().map(put).collect();
        let puts = puts.map_err(|error| failed(doing)(error.into()))?;
        let requests = puts.into_iter().map(|put| WriteRequest::builder().put_request(put).build()).collect();
        self.table.write_batch(requests, doing).await
    }

    /// Returns the ids of the newest events that have any of the keys. Ignores ids lower than
    /// `first`.
    pub(crate) async fn correlated_events(
        &self,
        keys: &BTreeSet<CorrelationKey>,
        first: &EventId,
        doing: &'static str,
    ) -> Result<BTreeSet<EventId>, StoreError> {
        let items = self.newest_correlated(keys, Some(first), doing).await?;
        items.into_iter().map(|item| from_item::<CorrelatedItem>(item, doing).map(|item| item.event_id)).collect()
    }

    async fn newest_correlated(
        &self,
        keys: &BTreeSet<CorrelationKey>,
        first: Option<&EventId>,
        doing: &'static str,
    ) -> Result<Vec<Item>, StoreError> {
        let lists = keys.iter().map(async |key| {
            let query = self
                .table
                .client
                .query()
                .table_name(&self.table.name)
                .key_condition_expression("pk = :list AND sk >= :first")
                .expression_attribute_values(":list", s(self.keys.correlated(key)))
                .expression_attribute_values(":first", s(first.map_or(EventId::PREFIX, EventId::as_str)))
                .scan_index_forward(false)
                .consistent_read(true)
                .limit(MAX_EVENTS_PER_KEY);
            query.send().await.map_err(|error| failed(doing)(error.into()))
        });
        let answers = try_join_all(lists).await?;
        Ok(answers.into_iter().flat_map(|answer| answer.items.unwrap_or_default()).collect())
    }

    /// Settles a contact's application: records in the contact's audience membership that another
    /// contact's redemption belongs to the same purchase, or that this redemption was rolled back.
    /// Does nothing if the contact has no membership in the coupon's audience.
    async fn settle_application(
        &self,
        coupon: &CouponId,
        settled: Settlement,
        doing: &'static str,
    ) -> Result<(), StoreError> {
        let Settlement { contact_key, redemption_id, is_rolled_back } = settled;
        let set = if is_rolled_back { "rolled_back" } else { "settled" };
        let Key { pk, sk } = self.keys.member(("coupon", coupon.as_str()), &contact_key);
        let update = self
            .table
            .update_item(Key { pk, sk })
            .update_expression(format!("ADD {set} :redemption"))
            .condition_expression(format!(
                "attribute_exists(pk) AND (attribute_not_exists({set}) OR size({set}) < :most)"
            ))
            .expression_attribute_values(":redemption", AttributeValue::Ss(vec![redemption_id.to_string()]))
            .expression_attribute_values(":most", n(MAX_TAGS_OR_LISTS));
        match update.send().await.map_err(|error| error.into_service_error()) {
            Ok(_) => Ok(()),
            Err(error) if error.is_conditional_check_failed_exception() => Ok(()),
            Err(error) => Err(failed(doing)(error.into())),
        }
    }
}
