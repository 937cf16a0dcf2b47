//! All keys of a tenant, and the rules for changing them.

use chrono::{DateTime, Utc};

use super::key::Key;
use super::scope::KeyScope;
use crate::kernel::counters::Revision;
use crate::kernel::ids::KeyId;

/// Maximum number of valid keys of a tenant.
pub const MAX_KEYS: usize = 50;

/// All keys of a tenant. Includes keys that are no longer valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRing {
    /// Number of changes of the keys, for optimistic locking.
    pub revision: Revision,
    pub keys: Vec<Key>,
}

/// Reason why a key cannot be revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevokeRejection {
    UnknownKey,
    /// No other valid key has the scope `admin`.
    LastAdminKey,
}

impl KeyRing {
    /// Returns the key with this id.
    pub fn key(&self, id: &KeyId) -> Option<&Key> {
        self.keys.iter().find(|key| key.id == *id)
    }

    /// Whether the tenant may have another key.
    pub fn has_room(&self, now: DateTime<Utc>) -> bool {
        self.keys.iter().filter(|key| key.is_valid(now)).count() < MAX_KEYS
    }

    /// Returns the key to revoke. Returns `Ok(None)` if the key is already invalid.
    ///
    /// # Errors
    /// Returns an error if the key does not exist, or if it is the last valid admin key.
    pub fn revoke(&self, id: &KeyId, now: DateTime<Utc>) -> Result<Option<&Key>, RevokeRejection> {
        let key = self.key(id).ok_or(RevokeRejection::UnknownKey)?;
        if !key.is_valid(now) {
            return Ok(None);
        }
        let is_admin = |key: &Key| key.scope == KeyScope::Admin && key.is_valid(now);
        let is_last = is_admin(key) && !self.keys.iter().any(|other| other.id != key.id && is_admin(other));
        if is_last { Err(RevokeRejection::LastAdminKey) } else { Ok(Some(key)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tenants::tenant::TenantId;
    use chrono::TimeDelta;

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
    }

    fn key(n: u8, scope: KeyScope) -> Key {
        let (tenant_id, id) = (TenantId::parse("demo").unwrap(), KeyId::new(at(0), [n; 10]));
        let (expires_at, revoked_at, last_used_on, last_four, name) = (None, None, None, None, None);
        Key { id, tenant_id, scope, name, created_at: at(0), expires_at, revoked_at, last_used_on, last_four }
    }

    fn ring(keys: Vec<Key>) -> KeyRing {
        KeyRing { revision: Revision::new(0), keys }
    }

    #[test]
    fn last_valid_admin_key_cannot_be_revoked() {
        let (admin, server) = (key(1, KeyScope::Admin), key(2, KeyScope::Server));
        let expired = Key { expires_at: Some(at(1)), ..key(3, KeyScope::Admin) };
        let ring = ring(vec![admin.clone(), server.clone(), expired.clone()]);
        assert_eq!(ring.revoke(&admin.id, at(1)), Err(RevokeRejection::LastAdminKey));
        assert_eq!(ring.revoke(&admin.id, at(0)), Ok(Some(&admin)), "the other admin key is valid until then");
        assert_eq!(ring.revoke(&server.id, at(1)), Ok(Some(&server)));
        assert_eq!(ring.revoke(&expired.id, at(1)), Ok(None));
        assert_eq!(ring.revoke(&key(9, KeyScope::Admin).id, at(1)), Err(RevokeRejection::UnknownKey));
    }

    #[test]
    fn invalid_keys_leave_room_for_new_keys() {
        let mut keys: Vec<Key> = (0..50).map(|n| key(n, KeyScope::Server)).collect();
        assert!(!ring(keys.clone()).has_room(at(1)));
        keys[7].revoked_at = Some(at(1));
        assert!(ring(keys).has_room(at(1)));
    }
}
