//! Creates, revokes and rotates API keys.

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_domain::kernel::digest::Bits80;
use couponflow_domain::kernel::ids::KeyId;
use couponflow_domain::tenants::api_key::{Key, KeySecret, RevokeRejection};

use crate::kernel::error::StoreError;
use crate::tenants::ports::{AccessStore, KeyChange};

/// Maximum number of attempts to change the keys while other callers change them concurrently.
const ATTEMPTS: usize = 8;

/// Outcome of creating or rotating a key.
#[derive(Debug, Clone, PartialEq)]
pub enum KeyOutcome {
    Created(Key, KeySecret),
    /// An earlier run of the same request has created the key. The secret of that run is lost.
    Existing(Key),
    /// The tenant has the maximum number of valid keys.
    TooMany,
    /// The tenant, or the key to rotate, does not exist, or the key to rotate is no longer valid.
    Unknown,
}

/// Outcome of revoking a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevokeOutcome {
    /// The key is no longer valid: this call revoked the key, or the key was invalid before.
    Revoked,
    Rejected(RevokeRejection),
}

/// Creates a key.
///
/// # Errors
/// Returns an error if the store fails.
pub async fn create(
    store: &impl AccessStore,
    key: &Key,
    secret: &KeySecret,
    now: DateTime<Utc>,
) -> Result<KeyOutcome, StoreError> {
    for _ in 0..ATTEMPTS {
        let Some(ring) = store.key_ring().await? else { return Ok(KeyOutcome::Unknown) };
        if let Some(existing) = ring.key(&key.id) {
            return Ok(KeyOutcome::Existing(existing.clone()));
        }
        if !ring.has_room(now) {
            return Ok(KeyOutcome::TooMany);
        }
        if store.change_keys(ring.revision, &KeyChange::Add(key, &secret.hash())).await? {
            return Ok(KeyOutcome::Created(key.clone(), secret.clone()));
        }
    }
    Err(StoreError::Busy { doing: "creating a key while other keys change" })
}

/// Creates the successor of a key, with a secret from `bits`. The old key stays valid for `overlap`, or until it
/// expires.
///
/// # Errors
/// Returns an error if the store fails.
pub async fn rotate(
    store: &impl AccessStore,
    old: &KeyId,
    (new_id, bits): (KeyId, [Bits80; 3]),
    overlap: TimeDelta,
    now: DateTime<Utc>,
) -> Result<KeyOutcome, StoreError> {
    for _ in 0..ATTEMPTS {
        let Some(ring) = store.key_ring().await? else { return Ok(KeyOutcome::Unknown) };
        if let Some(existing) = ring.key(&new_id) {
            return Ok(KeyOutcome::Existing(existing.clone()));
        }
        let Some(key) = ring.key(old).filter(|key| key.is_valid(now)) else { return Ok(KeyOutcome::Unknown) };
        if !ring.has_room(now) {
            return Ok(KeyOutcome::TooMany);
        }
        let secret = KeySecret::new(key.scope, bits);
        let new = key.successor(new_id.clone(), &secret, now);
        let ends_at = key.expires_at.map_or(now + overlap, |expires_at| expires_at.min(now + overlap));
        let change = KeyChange::Rotate { old, ends_at, new: &new, secret_hash: &secret.hash() };
        if store.change_keys(ring.revision, &change).await? {
            return Ok(KeyOutcome::Created(new, secret));
        }
    }
    Err(StoreError::Busy { doing: "rotating a key while other keys change" })
}

/// Revokes a key. `keeps_admin` protects the last valid admin key.
///
/// # Errors
/// Returns an error if the store fails.
pub async fn revoke(
    store: &impl AccessStore,
    id: &KeyId,
    keeps_admin: bool,
    now: DateTime<Utc>,
) -> Result<RevokeOutcome, StoreError> {
    for _ in 0..ATTEMPTS {
        let Some(ring) = store.key_ring().await? else {
            return Ok(RevokeOutcome::Rejected(RevokeRejection::UnknownKey));
        };
        match ring.revoke(id, now) {
            Ok(None) => return Ok(RevokeOutcome::Revoked),
            Err(RevokeRejection::LastAdminKey) if !keeps_admin => {}
            Err(rejection) => return Ok(RevokeOutcome::Rejected(rejection)),
            Ok(Some(_)) => {}
        }
        if store.change_keys(ring.revision, &KeyChange::Revoke(id, now)).await? {
            return Ok(RevokeOutcome::Revoked);
        }
    }
    Err(StoreError::Busy { doing: "revoking a key while other keys change" })
}
