//! Authentication and authorization by API key.

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_app::kernel::bounded_cache::BoundedCache;
use couponflow_app::tenants::ports::{Key, Keys};
use couponflow_domain::kernel::digest::sha256_hex;

use crate::problem::Problem;
use crate::request::Request;
use crate::routes::Operation;

/// Time for which an instance of a function caches a key. A revoked key works for at most this time
/// after the revocation.
const KEY_CACHE_TTL: TimeDelta = TimeDelta::seconds(30);

/// Maximum number of cached keys.
const CAPACITY: usize = 1000;

/// Cache of API keys by the hash of their secret.
#[derive(Debug, Default)]
pub struct KeyCache(BoundedCache<String, (Key, DateTime<Utc>), CAPACITY>);

impl KeyCache {
    fn get(&self, hash: &str, now: DateTime<Utc>) -> Option<Key> {
        self.0.get(hash).filter(|(_, seen_at)| now - *seen_at < KEY_CACHE_TTL).map(|(key, _)| key)
    }

    fn put(&self, hash: String, key: Key, now: DateTime<Utc>) {
        self.0.put(hash, (key, now));
    }
}

/// Authenticates a request and checks that its key may call the operation.
///
/// # Errors
/// Returns 401 if the request has no valid key, 403 if the scope of the key is too small, and 500
/// or 503 if the store fails.
pub async fn authenticate(
    keys: &impl Keys,
    cache: &KeyCache,
    request: &Request,
    operation: Operation,
    now: DateTime<Utc>,
) -> Result<Key, Problem> {
    let secret = request.header("authorization").and_then(bearer).ok_or_else(Problem::unauthenticated)?;
    let hash = sha256_hex(secret);
    let key = match cache.get(&hash, now) {
        Some(key) => key,
        None => {
            let found = keys.key(&hash).await.map_err(|error| Problem::of_failure(&error))?;
            let key = found.ok_or_else(Problem::unauthenticated)?;
            cache.put(hash, key.clone(), now);
            key
        }
    };
    match operation.scope() {
        Some(scope) if key.scope < scope => Err(Problem::forbidden(scope.into_str())),
        _ => Ok(key),
    }
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, secret) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim()).filter(|secret| !secret.is_empty())
}
