//! Tenants and their API keys.

use std::sync::Arc;

pub use couponflow_domain::tenants::api_key::{Key, KeyScope};

use chrono::{DateTime, NaiveDate, Utc};
use couponflow_domain::kernel::counters::Revision;
use couponflow_domain::kernel::cursor::Cursor;
use couponflow_domain::kernel::ids::KeyId;
use couponflow_domain::tenants::api_key::{KeyRing, KeySecret, SecretHash};
use couponflow_domain::tenants::audit::{AuditEntry, AuditQuery};
use couponflow_domain::tenants::deletion::Deletion;
use couponflow_domain::tenants::profile::{TenantProfile, TenantState};
use couponflow_domain::tenants::secret::TenantSecret;
use couponflow_domain::tenants::settings::SettingsChange;
use couponflow_domain::tenants::tenant::TenantId;

use crate::kernel::error::StoreResult;
use crate::kernel::page::{Page, PageRequest};
use crate::tenants::idempotency::{Claim, ClaimOutcome, KeyedRequest, Seed};

/// Stores API keys under the SHA-256 of their secret.
pub trait Keys {
    /// Returns the key with this hash, even if it is no longer valid. The day of the last use is absent.
    async fn key(&self, secret_hash: &SecretHash) -> StoreResult<Option<Key>>;
    /// Records that the key was used on a day. A no-op if a use on this day or later is recorded. Takes at most 500 ms.
    async fn record_use(&self, key: &Key, secret: &KeySecret, day: NaiveDate) -> StoreResult<()>;
    /// Stores a tenant with its secret and its first keys with their hashes, in one transaction.
    async fn create_tenant(
        &self,
        tenant: &TenantId,
        secret: &TenantSecret,
        keys: &[(Key, SecretHash)],
        now: DateTime<Utc>,
    ) -> StoreResult<CreateTenantOutcome>;
}

/// Outcome of creating a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreateTenantOutcome {
    Created,
    /// A tenant with the id exists or was deleted.
    Taken,
}

/// Change of a tenant's keys.
#[derive(Debug, Clone, Copy)]
pub enum KeyChange<'a> {
    /// Stores a key with the hash of its secret.
    Add(&'a Key, &'a SecretHash),
    /// Ends the validity of a key at an instant.
    Revoke(&'a KeyId, DateTime<Utc>),
    /// Stores a new key, and limits the validity of the old key.
    Rotate { old: &'a KeyId, ends_at: DateTime<Utc>, new: &'a Key, secret_hash: &'a SecretHash },
}

/// Outcome of beginning the deletion of a tenant's data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BeginOutcome {
    /// The tenant is in the state [`TenantState::Deleted`]. Holds the progress of the deletion.
    Begun(Deletion),
    /// The tenant is active.
    NotSuspended,
    /// The tenant does not exist.
    Unknown,
}

/// Stores the profile, the API keys and the audit log of a tenant, and the answers to its requests. The profile is the
/// tenant's state, secret and settings.
pub trait AccessStore {
    // API keys

    /// Lists keys, newest first. Lists a new key within seconds. A key that an earlier version of couponflow created is
    /// listed after its next use.
    async fn api_keys(&self, page: &PageRequest) -> StoreResult<Page<Key>>;
    /// Returns all listed keys. `None` if the tenant does not exist.
    async fn key_ring(&self) -> StoreResult<Option<KeyRing>>;
    /// Changes the keys in one transaction. Returns false if they have changed since `revision`.
    async fn change_keys(&self, revision: Revision, change: &KeyChange<'_>) -> StoreResult<bool>;

    // Audit log

    /// Lists the entries of the audit log, newest first. Lists a new entry within seconds.
    async fn audit_entries(&self, query: &AuditQuery, page: &PageRequest) -> StoreResult<Page<AuditEntry>>;

    // Requests with an idempotency key

    /// Claims a request in one conditional write. Condition: the request has no unexpired claim and no answer. The claim
    /// starts at the time in `fresh`. The seed of the claim is the seed of the request's first run, or `fresh` if this is
    /// the first run.
    async fn claim_request(&self, request: &KeyedRequest, fresh: Seed) -> StoreResult<ClaimOutcome>;
    /// Records the answer. `contact_key` is the storage key of the contact whose data the answer contains: the answer is
    /// removed when the contact is erased. Returns false if another caller has claimed the request since.
    async fn record_answer(&self, claim: &Claim, answer: &str, contact_key: Option<&str>) -> StoreResult<bool>;
    /// Releases the claim, so that the request can be claimed again at once. Returns false if another caller has claimed
    /// the request since.
    async fn release_request(&self, claim: &Claim) -> StoreResult<bool>;

    // Profile

    /// Returns the profile, at most 30 s old. If the tenant has no secret, because an earlier version created the
    /// tenant, stores a new secret first.
    async fn profile(&self) -> StoreResult<Arc<TenantProfile>>;
    /// Returns the profile at the time of the call. Later calls of [`AccessStore::profile`] return it as well.
    async fn current_profile(&self) -> StoreResult<Arc<TenantProfile>>;
    /// Returns whether the tenant exists. Stores nothing.
    async fn tenant_exists(&self) -> StoreResult<bool>;
    /// Changes at least one setting. The change takes effect within a minute. Returns false if the tenant does not
    /// exist or is deleted.
    async fn configure(&self, change: &SettingsChange) -> StoreResult<bool>;
    /// Changes the state of the tenant. The change takes effect within a minute. Returns false if the tenant does not
    /// exist or is deleted.
    async fn set_tenant_state(&self, state: TenantState) -> StoreResult<bool>;

    // Deletion

    /// Begins the deletion of a suspended tenant's data, or continues an earlier deletion.
    async fn begin_deletion(&self, now: DateTime<Utc>) -> StoreResult<BeginOutcome>;
    /// Deletes the items of the tenant in the next part of the table. Returns their number, and the position of the part
    /// after it; `None` after the last part.
    async fn delete_part(&self, cursor: Option<&Cursor>) -> StoreResult<(i64, Option<Cursor>)>;
    /// Saves the progress of the deletion.
    async fn save_deletion(&self, deletion: &Deletion) -> StoreResult<()>;
}

/// Creates store handles, one per tenant.
pub trait TenantStores {
    /// Handle that addresses one tenant's items only.
    type Store;
    /// Returns the handle of a tenant.
    fn of(&self, tenant: &TenantId) -> Self::Store;
}
