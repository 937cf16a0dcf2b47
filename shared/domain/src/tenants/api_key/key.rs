//! An API key without its secret.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::scope::KeyScope;
use super::secret::KeySecret;
use crate::kernel::ids::KeyId;
use crate::tenants::tenant::TenantId;

/// How long the list of keys shows a key that is no longer valid.
pub const ENDED_KEY_RETENTION: TimeDelta = TimeDelta::days(90);

/// API key without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub id: KeyId,
    pub tenant_id: TenantId,
    pub scope: KeyScope,
    /// `None` for a key that an earlier version of couponflow created.
    pub name: Option<String>,
    pub created_at: DateTime<Utc>,
    /// End of validity. `None` means that the key does not expire.
    pub expires_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
    /// Day (UTC) of the latest use. `None` if the key was not used yet.
    pub last_used_on: Option<NaiveDate>,
    /// Last four characters of the secret. `None` for a key that an earlier version of couponflow created, until the
    /// next use of the key.
    pub last_four: Option<String>,
}

impl Key {
    /// Whether requests with the key are accepted at `now`.
    pub fn is_valid(&self, now: DateTime<Utc>) -> bool {
        self.ends_at().is_none_or(|at| now < at)
    }

    /// Returns the instant from which the key is not valid. `None` if no end is known.
    pub fn ends_at(&self) -> Option<DateTime<Utc>> {
        [self.revoked_at, self.expires_at].into_iter().flatten().min()
    }

    /// Returns the key that replaces this key. The new key has the same name and scope. If this key has an
    /// expiry, the new key has the same total lifetime, counted from `now`.
    #[must_use]
    pub fn successor(&self, id: KeyId, secret: &KeySecret, now: DateTime<Utc>) -> Self {
        Self {
            id,
            created_at: now,
            expires_at: self.expires_at.map(|at| now + (at - self.created_at)),
            revoked_at: None,
            last_used_on: None,
            last_four: Some(secret.last_four()),
            ..self.clone()
        }
    }
}
