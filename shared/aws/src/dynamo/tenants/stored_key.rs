//! Stored form of an API key: the key under the hash of its secret, and its entry in the list of the tenant's keys.
//!
//! The key and the entry are separate items, because every function records the use of a key, but only the `api`
//! function may write keys.

use chrono::{DateTime, NaiveDate, Utc};
use couponflow_domain::kernel::ids::KeyId;
use couponflow_domain::tenants::api_key::{ENDED_KEY_RETENTION, Key, KeyScope, SecretHash};
use couponflow_domain::tenants::tenant::TenantId;
use serde::{Deserialize, Serialize};

use crate::dynamo::engine::instant::instant;
use crate::dynamo::engine::item::Stored;
use crate::dynamo::engine::tenant_keys::TenantKeys;

/// Item of an API key. Items that earlier versions of couponflow stored have only id, tenant, scope and the instant of
/// creation.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredKey {
    id: KeyId,
    tenant_id: TenantId,
    scope: KeyScope,
    created_at_ms: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revoked_at_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_four: Option<String>,
    /// When DynamoDB may delete the item, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ttl: Option<i64>,
}

impl Stored for StoredKey {
    const KIND: &'static str = "KEY";
}

/// Entry of an API key in the list of the tenant's keys. A key that an earlier version of couponflow created gets its
/// entry when it is next used.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredKeyEntry {
    /// Last characters of the secret. Listed if the key's item lacks them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_four: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_used_on: Option<NaiveDate>,
    gsi1pk: String,
    gsi1sk: String,
    /// When DynamoDB may delete the item, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ttl: Option<i64>,
}

impl Stored for StoredKeyEntry {
    const KIND: &'static str = "KEY_ENTRY";
}

/// Name of the list of a tenant's keys in `gsi1`.
pub(crate) const KEY_LIST: &str = "keys";

/// Sort key of an API key in the list of the tenant's keys.
pub(crate) fn list_entry(id: &KeyId, secret_hash: &SecretHash) -> String {
    format!("{id}#{secret_hash}")
}

/// Returns the id and the hash in a sort key of the list.
pub(crate) fn parts_of(list_entry: &str) -> Option<(KeyId, SecretHash)> {
    let (id, hash) = list_entry.split_once('#')?;
    Some((KeyId::parse(id).ok()?, SecretHash::new(hash)))
}

/// Returns when DynamoDB may delete a key that is invalid from `ends_at`, in seconds since 1970.
pub(crate) fn ttl(ends_at: DateTime<Utc>) -> i64 {
    (ends_at + ENDED_KEY_RETENTION).timestamp()
}

impl StoredKey {
    pub(crate) fn new(key: &Key) -> Self {
        Self {
            id: key.id.clone(),
            tenant_id: key.tenant_id.clone(),
            scope: key.scope,
            created_at_ms: key.created_at.timestamp_millis(),
            revoked_at_ms: key.revoked_at.map(|at| at.timestamp_millis()),
            name: key.name.clone(),
            expires_at_ms: key.expires_at.map(|at| at.timestamp_millis()),
            last_four: key.last_four.clone(),
            ttl: key.ends_at().map(ttl),
        }
    }
}

impl StoredKeyEntry {
    pub(crate) fn new(key: &Key, secret_hash: &SecretHash) -> Self {
        Self {
            last_four: key.last_four.clone(),
            last_used_on: key.last_used_on,
            gsi1pk: TenantKeys::new(key.tenant_id.clone()).list(KEY_LIST),
            gsi1sk: list_entry(&key.id, secret_hash),
            ttl: key.ends_at().map(ttl),
        }
    }

    /// Adds what the entry says to its key.
    pub(crate) fn complete(self, key: Key) -> Key {
        Key { last_used_on: self.last_used_on, last_four: key.last_four.or(self.last_four), ..key }
    }
}

impl From<StoredKey> for Key {
    fn from(stored: StoredKey) -> Self {
        Self {
            id: stored.id,
            tenant_id: stored.tenant_id,
            scope: stored.scope,
            name: stored.name,
            created_at: instant(stored.created_at_ms),
            expires_at: stored.expires_at_ms.map(instant),
            revoked_at: stored.revoked_at_ms.map(instant),
            last_used_on: None,
            last_four: stored.last_four,
        }
    }
}
