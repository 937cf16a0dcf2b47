//! Tenants and their keys.

use chrono::{DateTime, Utc};
use couponflow_domain::ids::KeyId;
use couponflow_domain::tenant::TenantId;
use serde::{Deserialize, Serialize};

use super::Stored;
use super::coupons::Created;

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyScope {
    /// Apply only; may sit in a browser.
    Storefront,
    /// Apply, redeem, roll back, contacts.
    Server,
    /// Everything.
    Admin,
}

/// Whose key it is and what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its id, for the log.
    pub id: KeyId,
    /// Whose.
    pub tenant_id: TenantId,
    /// What it may do.
    pub scope: KeyScope,
}

/// Keeps API keys, by the SHA-256 of their secret.
pub trait Keys {
    /// The key with this hash, if it is not revoked.
    async fn key(&self, secret_hash: &str) -> Stored<Option<Key>>;
    /// Stores a tenant and its first keys; all or nothing.
    async fn create_tenant(&self, tenant: &TenantId, keys: &[(Key, String)], now: DateTime<Utc>) -> Stored<Created>;
}
