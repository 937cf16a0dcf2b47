//! Authentication and authorization by API key.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use couponflow_app::kernel::bounded_cache::BoundedCache;
use couponflow_app::kernel::error::{StoreError, chain};
use couponflow_app::tenants::ports::{AccessStore, Key, Keys, TenantStores};
use couponflow_domain::tenants::api_key::{KeySecret, SecretHash};
use couponflow_domain::tenants::profile::{TenantProfile, TenantState};
use futures_util::future::{join, join3};

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
    callers: BoundedCache<SecretHash, (Caller, DateTime<Utc>), CAPACITY>,
    unknown: UnknownKeys,
}

/// Finds the key with this secret and the profile of its tenant. Returns `None` if there is no key with the secret, or
/// if the key is not valid.
///
/// If the cached caller is too old, reads both at the same time: a key never changes its tenant.
async fn find<S>(
    stores: &S,
    cache: &KeyCache,
    secret: &KeySecret,
    now: DateTime<Utc>,
) -> Result<Option<Caller>, StoreError>
where
    S: Keys + TenantStores<Store: AccessStore>,
{
    let hash = secret.hash();
    let (key, tenant) = match cache.callers.get(&hash) {
        Some((caller, read_at)) if (read_at..read_at + CALLER_CACHE_TTL).contains(&now) => {
            return Ok(Some(caller).filter(|caller| caller.key.is_valid(now)));
        }
        Some((outdated, _)) => {
            let store = stores.of(&outdated.key.tenant_id);
            let recorded = record_use(stores, &outdated.key, secret, now);
            let (key, tenant, used_on) = join3(stores.key(&hash), store.current_profile(), recorded).await;
            (key?.map(|key| Key { last_used_on: used_on, ..key }), tenant?)
        }
        None => {
            let Some(key) = stores.key(&hash).await?.filter(|key| key.is_valid(now)) else { return Ok(None) };
            let store = stores.of(&key.tenant_id);
            let (tenant, used_on) = join(store.current_profile(), record_use(stores, &key, secret, now)).await;
            (Some(Key { last_used_on: used_on, ..key }), tenant?)
        }
    };
    let Some(key) = key.filter(|key| key.is_valid(now)) else { return Ok(None) };
    let caller = Caller { key, tenant };
    cache.callers.put(hash, (caller.clone(), now));
    Ok(Some(caller))
}

/// Records that the key is used today, once per day and instance. Returns the last day whose use this instance has
/// recorded. A failure is logged and does not fail the request.
async fn record_use(stores: &impl Keys, key: &Key, secret: &KeySecret, now: DateTime<Utc>) -> Option<NaiveDate> {
    let today = now.date_naive();
    if key.last_used_on.is_some_and(|day| day >= today) {
        return key.last_used_on;
    }
    match stores.record_use(key, secret, today).await {
        Ok(()) => Some(today),
        Err(error) => {
            tracing::warn!(key.id = %key.id, error = %chain(&error), "Could not record the use of an API key");
            key.last_used_on
        }
    }
}

/// Authenticates a request and checks that its key may call the operation.
///
/// # Errors
/// Returns 401 if the request has no valid key, 429 if its network has sent too many unknown keys, 403 if the tenant is
/// suspended or the scope of the key is too small, and 500 or 503 if the store fails.
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
    let secret = request.header("authorization").and_then(bearer).and_then(KeySecret::parse);
    let secret = secret.ok_or_else(Problem::unauthenticated)?;
    // A known key works even if others in the same network try keys that do not exist.
    if cache.callers.get(&secret.hash()).is_none() {
        cache.unknown.check(request, now)?;
    }
    let found = find(stores, cache, &secret, now).await.map_err(|error| Problem::of_failure(&error))?;
    let Some(caller) = found else {
        cache.unknown.add(request, now);
        return Err(Problem::unauthenticated());
    };
    match caller.tenant.state {
        TenantState::Active => {}
        TenantState::Suspended => return Err(Problem::tenant_suspended()),
        TenantState::Deleted => return Err(Problem::unauthenticated()),
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
