//! Authentication and authorization by API key.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_app::kernel::bounded_cache::BoundedCache;
use couponflow_app::kernel::error::StoreError;
use couponflow_app::tenants::ports::{AccessStore, Key, Keys, TenantStores};
use couponflow_domain::kernel::digest::sha256_hex;
use couponflow_domain::tenants::profile::{TenantProfile, TenantState};
use futures_util::future::try_join;

use crate::problem::Problem;
use crate::request::Request;
use crate::routes::Operation;
use crate::unknown_keys::UnknownKeys;

/// Time for which an instance of a function caches a key and the profile of its tenant. After a key is revoked or its
/// tenant is suspended, the key works for at most this time.
const CALLER_CACHE_TTL: TimeDelta = TimeDelta::seconds(30);

/// Maximum number of cached keys.
const CAPACITY: usize = 1000;

/// Authenticated sender of a request.
#[derive(Debug, Clone)]
pub struct Caller {
    pub key: Key,
    /// Profile of the tenant, which is active.
    pub tenant: Arc<TenantProfile>,
}

/// Cache of the callers by the hash of the secret of their key.
#[derive(Debug, Default)]
pub struct KeyCache {
    callers: BoundedCache<String, (Caller, DateTime<Utc>), CAPACITY>,
    unknown: UnknownKeys,
}

/// Finds the key with this hash and the profile of its tenant. Returns `None` if no valid key has the hash.
///
/// If the cached caller is too old, reads both at the same time: a key never changes its tenant.
async fn find<S>(stores: &S, cache: &KeyCache, hash: &str, now: DateTime<Utc>) -> Result<Option<Caller>, StoreError>
where
    S: Keys + TenantStores<Store: AccessStore>,
{
    let (key, tenant) = match cache.callers.get(hash) {
        Some((caller, read_at)) if (read_at..read_at + CALLER_CACHE_TTL).contains(&now) => return Ok(Some(caller)),
        Some((outdated, _)) => {
            let store = stores.of(&outdated.key.tenant_id);
            let (key, tenant) = try_join(stores.key(hash), store.current_profile()).await?;
            let Some(key) = key else { return Ok(None) };
            (key, tenant)
        }
        None => {
            let Some(key) = stores.key(hash).await? else { return Ok(None) };
            let tenant = stores.of(&key.tenant_id).current_profile().await?;
            (key, tenant)
        }
    };
    let caller = Caller { key, tenant };
    cache.callers.put(hash.to_owned(), (caller.clone(), now));
    Ok(Some(caller))
}

/// Authenticates a request and checks that its key may call the operation.
///
/// # Errors
/// Returns 401 if the request has no valid key, 429 if its network has sent too many unknown keys, 403 if the tenant is suspended or the scope of the key is too small,
/// and 500 or 503 if the store fails.
pub async fn authenticate<S>(
    stores: &S,
    cache: &KeyCache,
    request: &Request,
    operation: Operation,
    now: DateTime<Utc>,
) -> Result<Caller, Problem>
where
    S: Keys + TenantStores<Store: AccessStore>,
{
    let secret = request.header("authorization").and_then(bearer).ok_or_else(Problem::unauthenticated)?;
    let hash = sha256_hex(secret);
    // A known key works even if others in the same network try keys that do not exist.
    if cache.callers.get(&hash).is_none() {
        cache.unknown.check(request, now)?;
    }
    let found = find(stores, cache, &hash, now).await.map_err(|error| Problem::of_failure(&error))?;
    let Some(caller) = found else {
        cache.unknown.add(request, now);
        return Err(Problem::unauthenticated());
    };
    match caller.tenant.state {
        TenantState::Active => {}
        TenantState::Suspended => return Err(Problem::tenant_suspended()),
    }
    match operation.scope() {
        Some(scope) if caller.key.scope < scope => Err(Problem::forbidden(scope.into_str())),
        _ => Ok(caller),
    }
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, secret) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim()).filter(|secret| !secret.is_empty())
}
