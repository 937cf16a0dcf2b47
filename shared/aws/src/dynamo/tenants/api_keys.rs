//! Stores tenants and their API keys. An API key is stored under the hash of its secret.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::TransactWriteItem;
use chrono::{DateTime, NaiveDate, Utc};
use couponflow_app::kernel::error::StoreError;
use couponflow_app::tenants::ports::{CreateTenantOutcome, Keys, TenantStores as _};
use couponflow_domain::kernel::digest::bits80;
use couponflow_domain::tenants::api_key::{Key, KeySecret, SecretHash};
use couponflow_domain::tenants::audit::{Actor, Author, Change};
use couponflow_domain::tenants::secret::TenantSecret;
use couponflow_domain::tenants::tenant::TenantId;

use crate::dynamo::engine::element::IntoElement as _;
use crate::dynamo::engine::item::{Stored as _, s, to_item};
use crate::dynamo::engine::keys;
use crate::dynamo::engine::table::Table;
use crate::dynamo::engine::tenant_keys::TenantKeys;
use crate::dynamo::engine::transact::Transacted;
use crate::dynamo::tenants::stored_key::{KEY_LIST, StoredKey, StoredKeyEntry, list_entry};
use crate::dynamo::tenants::stored_tenant::StoredTenant;
use crate::failure::failed;

/// Time limit of recording the day of a key's latest use. A request must not wait longer for this record.
const USE_TIMEOUT: Duration = Duration::from_millis(500);

impl Keys for Table {
    async fn key(&self, secret_hash: &SecretHash) -> Result<Option<Key>, StoreError> {
        let item: Option<StoredKey> = self.get(keys::api_key(secret_hash), "reading an API key").await?;
        Ok(item.map(Key::from))
    }

    async fn record_use(&self, key: &Key, secret: &KeySecret, day: NaiveDate) -> Result<(), StoreError> {
        let doing = "recording the use of an API key";
        let keys = TenantKeys::new(key.tenant_id.clone());
        let update = self
            .update_item(keys.key_entry(&key.id))
            .update_expression(
                "SET last_used_on = :day, last_four = :last_four, gsi1pk = :list, gsi1sk = :entry, #kind = :kind",
            )
            .condition_expression("attribute_not_exists(last_used_on) OR last_used_on < :day")
            .expression_attribute_names("#kind", "kind")
            .expression_attribute_values(":kind", s(StoredKeyEntry::KIND))
            .expression_attribute_values(":day", s(day.to_string()))
            .expression_attribute_values(":last_four", s(secret.last_four()))
            .expression_attribute_values(":list", s(keys.list(KEY_LIST)))
            .expression_attribute_values(":entry", s(list_entry(&key.id, &secret.hash())));
        let updated = tokio::time::timeout(USE_TIMEOUT, update.send()).await;
        match updated.map_err(|elapsed| failed(doing)(elapsed.into()))?.map_err(|error| error.into_service_error()) {
            Ok(_) | Err(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
            Err(error) => Err(failed(doing)(error.into())),
        }
    }

    async fn create_tenant(
        &self,
        tenant: &TenantId,
        secret: &TenantSecret,
        keys: &[(Key, SecretHash)],
        now: DateTime<Utc>,
    ) -> Result<CreateTenantOutcome, StoreError> {
        let doing = "creating a tenant";
        let at = TenantKeys::new(tenant.clone()).tenant_item();
        let mut elements = vec![self.put_new(to_item(at, &StoredTenant::new(secret, now), doing)?).element(doing)?];
        for (key, secret_hash) in keys {
            elements.extend(self.put_key(key, secret_hash, doing)?);
        }
        let author = Author {
            actor: Actor::Operator,
            operation: "create_tenant",
            request_id: None,
            at: now,
            bits: bits80(&["create_tenant", tenant.as_str()]),
        };
        match self.of(tenant).audited(author).commit(elements, Change::of(tenant), doing).await? {
            Transacted::Committed => Ok(CreateTenantOutcome::Created),
            Transacted::Cancelled(_) => Ok(CreateTenantOutcome::Taken),
        }
    }
}

impl Table {
    /// Builds the elements that store a new key and its entry in the list.
    pub(crate) fn put_key(
        &self,
        key: &Key,
        secret_hash: &SecretHash,
        doing: &'static str,
    ) -> Result<[TransactWriteItem; 2], StoreError> {
        let entry = TenantKeys::new(key.tenant_id.clone()).key_entry(&key.id);
        Ok([
            self.put_new(to_item(keys::api_key(secret_hash), &StoredKey::new(key), doing)?).element(doing)?,
            self.put_new(to_item(entry, &StoredKeyEntry::new(key, secret_hash), doing)?).element(doing)?,
        ])
    }
}
