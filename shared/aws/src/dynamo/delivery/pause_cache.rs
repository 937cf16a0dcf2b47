//! Caches in one instance whether the e-mail of tenants is paused.

use std::time::{Duration, Instant};

use couponflow_app::kernel::bounded_cache::BoundedCache;
use couponflow_domain::delivery::mail_pause::MailPause;
use couponflow_domain::tenants::tenant::TenantId;

/// How long an instance uses a cached pause.
const CACHE_TTL: Duration = Duration::from_secs(30);

/// Maximum number of tenants in the cache. One instance sends for fewer tenants in that time.
const CAPACITY: usize = 10_000;

/// Cached pauses of tenants, with the instant at which each was read.
#[derive(Debug, Default)]
pub(crate) struct PauseCache(BoundedCache<TenantId, (Instant, Option<MailPause>), CAPACITY>);

impl PauseCache {
    /// Returns the cached pause of a tenant, or `None` if nothing is cached or the cached pause is too old. The inner
    /// `None` means that the e-mail is not paused.
    pub(crate) fn get(&self, tenant: &TenantId) -> Option<Option<MailPause>> {
        self.0.get(tenant).filter(|(read_at, _)| read_at.elapsed() < CACHE_TTL).map(|(_, pause)| pause)
    }

    /// Caches the pause of a tenant.
    pub(crate) fn put(&self, tenant: TenantId, pause: Option<MailPause>) {
        self.0.put(tenant, (Instant::now(), pause));
    }
}
