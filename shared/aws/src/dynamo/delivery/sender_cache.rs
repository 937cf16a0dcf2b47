//! Caches the senders of tenants in one instance.

use std::time::{Duration, Instant};

use couponflow_app::kernel::bounded_cache::BoundedCache;
use couponflow_domain::delivery::mail::Sender;
use couponflow_domain::tenants::tenant::TenantId;

/// How long an instance uses a cached value.
const CACHE_TTL: Duration = Duration::from_secs(60);

/// Maximum number of tenants in the cache. One instance sends for fewer tenants in a minute.
const CAPACITY: usize = 10_000;

/// Cached senders, with the instant at which each was read.
#[derive(Debug, Default)]
pub(crate) struct SenderCache(BoundedCache<TenantId, (Instant, Option<Sender>), CAPACITY>);

impl SenderCache {
    /// Returns the cached sender of a tenant. `Some(None)` means that the tenant has no sender.
    /// `None` means that the cache has no value.
    pub(crate) fn get(&self, tenant: &TenantId, now: Instant) -> Option<Option<Sender>> {
        self.0.get(tenant).filter(|(read_at, _)| now.duration_since(*read_at) < CACHE_TTL).map(|(_, sender)| sender)
    }

    /// Caches the sender of a tenant.
    pub(crate) fn put(&self, tenant: TenantId, sender: Option<Sender>, now: Instant) {
        self.0.put(tenant, (now, sender));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cached_sender_expires_after_one_minute() {
        let (cache, read_at) = (SenderCache::default(), Instant::now());
        let tenant = TenantId::parse("demo").unwrap();
        assert_eq!(cache.get(&tenant, read_at), None);
        cache.put(tenant.clone(), None, read_at);
        assert_eq!(cache.get(&tenant, read_at + CACHE_TTL - Duration::from_nanos(1)), Some(None));
        assert_eq!(cache.get(&tenant, read_at + CACHE_TTL), None);
    }
}
