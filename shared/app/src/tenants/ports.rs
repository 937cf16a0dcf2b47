//! Tenants and their API keys.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use couponflow_domain::kernel::ids::KeyId;
use couponflow_domain::tenants::profile::{TenantProfile, TenantState};
use couponflow_domain::tenants::secret::TenantSecret;
use couponflow_domain::tenants::settings::SettingsChange;
use couponflow_domain::tenants::tenant::TenantId;
use serde::{Deserialize, Serialize};

use crate::coupons::ports::CreateOutcome;
use crate::kernel::error::StoreResult;

/// Scope of an API key. Each scope includes the scopes that are listed before it.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum KeyScope {
    /// Apply codes and remove applications. Safe to use in a browser.
    Storefront,
    /// Also redeem, roll back, read billing discounts and manage contacts.
    Server,
    /// Every operation.
    Admin,
}

/// API key without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Id of the key, for the log.
    pub id: KeyId,
    pub tenant_id: TenantId,
    pub scope: KeyScope,
}

/// Stores API keys under the SHA-256 of their secret.
pub trait Keys {
    /// Returns the key with this hash, unless it was revoked.
    async fn key(&self, secret_hash: &str) -> StoreResult<Option<Key>>;
    /// Stores a tenant with its secret and its first keys with their hashes, in one transaction.
    async fn create_tenant(
        &self,
        tenant: &TenantId,
        secret: &TenantSecret,
        keys: &[(Key, String)],
        now: DateTime<Utc>,
    ) -> StoreResult<CreateOutcome>;
}

/// Stores the profile of a tenant: its state, secret and settings.
pub trait AccessStore {
    /// Returns the profile, at most 30 s old. If the tenant has no secret, because an earlier version created the
    /// tenant, stores a new secret first.
    async fn profile(&self) -> StoreResult<Arc<TenantProfile>>;
    /// Returns the profile at the time of the call. Later calls of [`AccessStore::profile`] return it as well.
    async fn current_profile(&self) -> StoreResult<Arc<TenantProfile>>;
    /// Changes at least one setting. The change takes effect within a minute. Returns false if the tenant does not
    /// exist.
    async fn configure(&self, change: &SettingsChange) -> StoreResult<bool>;
    /// Changes the state of the tenant. The change takes effect within a minute. Returns false if the tenant does not
    /// exist.
    async fn set_tenant_state(&self, state: TenantState) -> StoreResult<bool>;
}

/// Creates store handles, one per tenant.
pub trait TenantStores {
    /// Handle that addresses one tenant's items only.
    type Store;
    /// Returns the handle of a tenant.
    fn of(&self, tenant: &TenantId) -> Self::Store;
}
