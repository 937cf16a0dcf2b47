//! Lists and changes the API keys of a tenant. A counter in the tenant's item counts the changes, so that each change
//! is decided on the current keys.

use aws_sdk_dynamodb::types::TransactWriteItem;
use chrono::{DateTime, Utc};
use couponflow_app::kernel::error::StoreError;
use couponflow_app::kernel::page::{Page, PageRequest};
use couponflow_app::tenants::ports::KeyChange;
use couponflow_domain::kernel::counters::Revision;
use couponflow_domain::kernel::ids::KeyId;
use couponflow_domain::tenants::api_key::{Key, KeyRing, SecretHash};
use couponflow_domain::tenants::audit::Change;

use super::stored_key::{KEY_LIST, StoredKey, StoredKeyEntry, parts_of, ttl};
use super::stored_tenant::StoredTenant;
use crate::dynamo::engine::element::IntoElement as _;
use crate::dynamo::engine::item::{from_item, n, s};
use crate::dynamo::engine::keys;
use crate::dynamo::engine::page::ALL;
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::dynamo::engine::transact::Transacted;

/// Number of keys per read.
const PAGE: usize = 100;

impl TenantStore {
    pub(crate) async fn api_keys(&self, page: &PageRequest) -> Result<Page<Key>, StoreError> {
        let Page { data, next_cursor, skipped } = self.key_entries(page).await?;
        Ok(Page { data: data.into_iter().map(|(key, _)| key).collect(), next_cursor, skipped })
    }

    pub(crate) async fn key_ring(&self) -> Result<Option<KeyRing>, StoreError> {
        let doing = "reading the API keys of a tenant";
        let Some(tenant) = self.table.get::<StoredTenant>(self.keys.tenant_item(), doing).await? else {
            return Ok(None);
        };
        let keys = self.all_keys().await?.into_iter().map(|(key, _)| key).collect();
        Ok(Some(KeyRing { revision: tenant.keys_revision(), keys }))
    }

    pub(crate) async fn change_keys(&self, revision: Revision, change: &KeyChange<'_>) -> Result<bool, StoreError> {
        let doing = "changing the API keys of a tenant";
        let counted = self
            .table
            .update(self.keys.tenant_item())
            .update_expression("SET keys_revision = :next")
            .condition_expression(
                "attribute_exists(pk) AND (attribute_not_exists(keys_revision) OR keys_revision = :revision)",
            )
            .expression_attribute_values(":next", n(revision.next()))
            .expression_attribute_values(":revision", n(revision));
        let mut elements = vec![counted.element(doing)?];
        match change {
            KeyChange::Add(key, secret_hash) => elements.extend(self.table.put_key(key, secret_hash, doing)?),
            KeyChange::Revoke(id, at) => elements.extend(self.end_key(id, "revoked_at_ms", *at, doing).await?),
            KeyChange::Rotate { old, ends_at, new, secret_hash } => {
                elements.extend(self.end_key(old, "expires_at_ms", *ends_at, doing).await?);
                elements.extend(self.table.put_key(new, secret_hash, doing)?);
            }
        }
        let target = match change {
            KeyChange::Add(key, _) => Change::of(&key.id),
            KeyChange::Revoke(id, _) => Change::of(id),
            KeyChange::Rotate { old, .. } => Change::of(old),
        };
        match self.commit(elements, target, doing).await? {
            Transacted::Committed => Ok(true),
            Transacted::Cancelled(_) => Ok(false),
        }
    }

    /// Builds the updates that end the validity of a key at `at`.
    async fn end_key(
        &self,
        id: &KeyId,
        attribute: &str,
        at: DateTime<Utc>,
        doing: &'static str,
    ) -> Result<[TransactWriteItem; 2], StoreError> {
        let found = self.all_keys().await?.into_iter().find(|(key, _)| key.id == *id);
        let (key, hash) = found.ok_or_else(|| StoreError::damaged(doing, format!("the list lacks the key {id}")))?;
        let ttl = n(ttl(key.ends_at().map_or(at, |earlier| earlier.min(at))));
        let end = self
            .table
            .update(keys::api_key(&hash))
            .update_expression("SET #end = :end, #ttl = :ttl")
            .condition_expression("tenant_id = :tenant AND attribute_not_exists(revoked_at_ms)")
            .expression_attribute_names("#end", attribute)
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":end", n(at.timestamp_millis()))
            .expression_attribute_values(":ttl", ttl.clone())
            .expression_attribute_values(":tenant", s(self.keys.tenant.as_str()));
        let delist = self
            .table
            .update(self.keys.key_entry(id))
            .update_expression("SET #ttl = :ttl")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":ttl", ttl);
        Ok([end.element(doing)?, delist.element(doing)?])
    }

    /// Returns all keys of the tenant with their hashes.
    async fn all_keys(&self) -> Result<Vec<(Key, SecretHash)>, StoreError> {
        let (mut all, mut cursor) = (Vec::new(), None);
        loop {
            let Page { data, next_cursor, .. } = self.key_entries(&PageRequest { limit: PAGE, cursor }).await?;
            all.extend(data);
            cursor = next_cursor;
            if cursor.is_none() {
                return Ok(all);
            }
        }
    }

    /// Returns one page of the tenant's keys with their hashes, newest first. Leaves out keys that cannot be read.
    async fn key_entries(&self, page: &PageRequest) -> Result<Page<(Key, SecretHash)>, StoreError> {
        let doing = "listing the API keys of a tenant";
        let entries = self.list(KEY_LIST, page, ALL, doing).await?;
        let listed: Vec<(KeyId, SecretHash)> = entries.data.iter().filter_map(|entry| parts_of(entry)).collect();
        let places = listed.iter().flat_map(|(id, hash)| [keys::api_key(hash), self.keys.key_entry(id)]);
        let items = self.table.items(&places.collect::<Vec<_>>(), doing).await?;
        let mut read_keys = Page::new(Vec::new(), entries.next_cursor);
        for ((_, hash), items) in listed.iter().zip(items.chunks_exact(2)) {
            let [Some(key), Some(entry)] = items else { continue };
            let read = from_item::<StoredKey>(key.clone(), doing).and_then(|key| {
                let entry = from_item::<StoredKeyEntry>(entry.clone(), doing)?;
                Ok(entry.complete(Key::from(key)))
            });
            read_keys.push_readable(read.map(|key| Some((key, hash.clone()))), "the API keys")?;
        }
        Ok(read_keys)
    }
}
