//! Caches the profiles of tenants in one instance.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_app::kernel::bounded_cache::BoundedCache;
use couponflow_domain::tenants::profile::TenantProfile;
use couponflow_domain::tenants::tenant::TenantId;

/// How long an instance uses a cached profile.
const CACHE_TTL: TimeDelta = TimeDelta::seconds(30);

/// Maximum number of tenants in the cache. A profile has a few hundred bytes.
const CAPACITY: usize = 10_000;

/// Cached profiles, with the instant at which each was read.
#[derive(Debug, Default)]
pub(crate) struct ProfileCache(BoundedCache<TenantId, (DateTime<Utc>, Arc<TenantProfile>), CAPACITY>);

impl ProfileCache {
    /// Returns the cached profile of a tenant, unless it is too old.
    pub(crate) fn get(&self, tenant: &TenantId, now: DateTime<Utc>) -> Option<Arc<TenantProfile>> {
        let is_fresh = |read_at: DateTime<Utc>| (read_at..read_at + CACHE_TTL).contains(&now);
        self.0.get(tenant).filter(|(read_at, _)| is_fresh(*read_at)).map(|(_, profile)| profile)
    }

    /// Caches the profile of a tenant.
    pub(crate) fn put(&self, tenant: TenantId, profile: Arc<TenantProfile>, now: DateTime<Utc>) {
        self.0.put(tenant, (now, profile));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use couponflow_domain::tenants::profile::TenantState;
    use couponflow_domain::tenants::secret::TenantSecret;

    #[test]
    fn cached_profile_expires_after_thirty_seconds_and_when_the_clock_is_set_back() {
        let (cache, read_at) = (ProfileCache::default(), DateTime::UNIX_EPOCH);
        let tenant = TenantId::parse("demo").unwrap();
        assert_eq!(cache.get(&tenant, read_at), None);
        let secret = TenantSecret::new([[1; 10]; 4]);
        let profile = TenantProfile { state: TenantState::Active, secret, settings: Default::default() };
        cache.put(tenant.clone(), Arc::new(profile), read_at);
        let one = TimeDelta::milliseconds(1);
        assert!(cache.get(&tenant, read_at + CACHE_TTL - one).is_some());
        assert_eq!(cache.get(&tenant, read_at + CACHE_TTL), None);
        assert_eq!(cache.get(&tenant, read_at - one), None);
    }
}
