//! Stores a tenant's settings, in the item that records the tenant.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use couponflow_app::error::StoreError;
use couponflow_app::ports::{Settings, WriteSettings};
use couponflow_domain::mail::Sender;
use couponflow_domain::tenant::TenantId;
use serde::{Deserialize, Serialize};

use super::item::Stored;
use super::{TenantStore, failed};

/// How long an instance uses a cached value.
const CACHE_TTL: Duration = Duration::from_secs(60);

/// Tenants in the cache; more than one instance sends for in a minute. The cache is cleared when it is full.
const CAPACITY: usize = 10_000;

#[derive(Debug, Serialize, Deserialize)]
struct SettingsItem {
    #[serde(default)]
    sender: Option<Sender>,
}

impl Stored for SettingsItem {
    const KIND: &'static str = "TENANT";
}

/// Cached senders, with the instant at which each was read.
#[derive(Debug, Default)]
pub(super) struct SenderCache(Mutex<HashMap<TenantId, (Instant, Option<Sender>)>>);

impl SenderCache {
    fn get(&self, tenant: &TenantId, now: Instant) -> Option<Option<Sender>> {
        let read = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(tenant).cloned();
        read.filter(|(read_at, _)| now.duration_since(*read_at) < CACHE_TTL).map(|(_, sender)| sender)
    }

    fn put(&self, tenant: TenantId, sender: Option<Sender>, now: Instant) {
        let mut senders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if senders.len() >= CAPACITY {
            senders.clear();
        }
        senders.insert(tenant, (now, sender));
    }
}

impl Settings for TenantStore {
    async fn sender(&self) -> Result<Option<Sender>, StoreError> {
        let now = Instant::now();
        if let Some(sender) = self.table.senders.get(&self.keys.tenant, now) {
            return Ok(sender);
        }
        let item: Option<SettingsItem> = self.table.get(self.keys.tenant_item(), "reading a tenant's settings").await?;
        let sender = item.and_then(|item| item.sender);
        self.table.senders.put(self.keys.tenant.clone(), sender.clone(), now);
        Ok(sender)
    }
}

impl WriteSettings for TenantStore {
    async fn set_sender(&self, sender: Option<&Sender>) -> Result<bool, StoreError> {
        let doing = "setting a tenant's sender";
        let value: AttributeValue =
            serde_dynamo::to_attribute_value(sender).map_err(|error| failed(doing)(Box::new(error)))?;
        let update = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(self.keys.tenant_item().attributes()))
            .update_expression("SET sender = :sender")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":sender", value);
        match update.send().await.map_err(|error| error.into_service_error()) {
            Ok(_) => Ok(true),
            Err(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
            Err(error) => Err(failed(doing)(error.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cached_sender_expires_after_one_minute() {
        let (cache, read_at) = (SenderCache::default(), Instant::now());
        let tenant = TenantId::parse("demo").unwrap();
        assert_eq!(cache.get(&tenant, read_at), None);
        cache.put(tenant.clone(), None, read_at);
        assert_eq!(cache.get(&tenant, read_at + CACHE_TTL - Duration::from_nanos(1)), Some(None));
        assert_eq!(cache.get(&tenant, read_at + CACHE_TTL), None);
    }
}
