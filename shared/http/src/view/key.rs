//! API keys.

use chrono::{DateTime, NaiveDate, Utc};
use couponflow_domain::kernel::ids::KeyId;
use couponflow_domain::tenants::api_key::{Key as ApiKey, KeyScope, KeySecret};
use couponflow_domain::tenants::tenant::TenantId;
use schemars::JsonSchema;
use serde::Serialize;

/// An API key, without its secret.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Key {
    id: KeyId,
    scope: KeyScope,
    /// Null for a key that an earlier version of couponflow created.
    name: Option<String>,
    /// First characters of the secret.
    prefix: String,
    /// Last four characters of the secret. Null for a key that an earlier version of couponflow created, until the
    /// next use of the key.
    last_four: Option<String>,
    /// Creation time.
    created_at: DateTime<Utc>,
    /// Time from which the key is not valid. Null if the key does not expire.
    expires_at: Option<DateTime<Utc>>,
    /// Time at which the key was revoked.
    revoked_at: Option<DateTime<Utc>>,
    /// Day (UTC) on which the key was last used. Null if it was not used yet.
    last_used_on: Option<NaiveDate>,
}

impl From<&ApiKey> for Key {
    fn from(key: &ApiKey) -> Self {
        Self {
            id: key.id.clone(),
            scope: key.scope,
            name: key.name.clone(),
            prefix: KeySecret::prefix(key.scope),
            last_four: key.last_four.clone(),
            created_at: key.created_at,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
            last_used_on: key.last_used_on,
        }
    }
}

/// A new API key, with its secret.
// No `Debug`, because it would print the secret.
#[derive(Serialize, JsonSchema)]
pub struct NewKey {
    #[serde(flatten)]
    key: Key,
    /// The secret, which no other response contains. Null in the response to a repeated request with the same
    /// `Idempotency-Key`.
    secret: Option<String>,
}

impl NewKey {
    /// Creates the response. `secret` is `None` if an earlier run of the request created the key.
    pub fn new(key: &ApiKey, secret: Option<&KeySecret>) -> Self {
        Self { key: key.into(), secret: secret.map(|secret| secret.reveal().to_owned()) }
    }
}

/// The tenant and the key of a request.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Me {
    tenant_id: TenantId,
    key: Key,
}

impl From<&ApiKey> for Me {
    fn from(key: &ApiKey) -> Self {
        Self { tenant_id: key.tenant_id.clone(), key: key.into() }
    }
}
