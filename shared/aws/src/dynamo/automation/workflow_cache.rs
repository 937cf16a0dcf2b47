//! Caches published workflows in one instance.
//!
//! A version of a workflow never changes. The list of a trigger changes, and its generation counts
//! the changes. A cached list is current while its generation equals the generation in the table.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_app::kernel::byte_cache::ByteCache;
use couponflow_domain::automation::filter::FilterIndex;
use couponflow_domain::automation::workflow::PublishedWorkflow;
use couponflow_domain::events::event::EventType;
use couponflow_domain::kernel::counters::WorkflowVersion;
use couponflow_domain::kernel::ids::WorkflowId;
use couponflow_domain::tenants::tenant::TenantId;

/// How long a list is used without a check of its generation. The limit is half of the two seconds
/// within which a published workflow must take effect.
const MAX_AGE: TimeDelta = TimeDelta::seconds(1);

/// Maximum size of all cached lists together, in bytes. If they are larger, only the list that was read last stays cached.
/// A function instance has 256 MB.
const MAX_LIST_BYTES: usize = 64 << 20;

/// Maximum size of the versions in the cache, in bytes.
const MAX_VERSION_BYTES: usize = 32 << 20;

/// The published workflows of one trigger, ordered by id, and an index of their filters in the same order.
#[derive(Debug)]
pub(crate) struct WorkflowList {
    pub(crate) workflows: Vec<(WorkflowId, WorkflowVersion)>,
    pub(crate) filters: FilterIndex,
    /// Estimated size of the list in memory.
    pub(crate) bytes: usize,
}

/// Cached list with its generation, and the time at which the generation was read.
#[derive(Debug)]
pub(crate) struct CachedList {
    pub(crate) checked_at: DateTime<Utc>,
    pub(crate) generation: i64,
    pub(crate) list: Arc<WorkflowList>,
}

impl CachedList {
    /// Whether the list may be used at `now` without a check of its generation.
    pub(crate) fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        (self.checked_at..self.checked_at + MAX_AGE).contains(&now)
    }
}

/// Slot for a cached list. Its lock makes loading single-flight: one task loads the list, and the
/// other tasks wait.
pub(crate) type ListSlot = Arc<tokio::sync::Mutex<Option<CachedList>>>;

/// Tenant and type of event of a list.
pub(crate) type ListKey = (TenantId, EventType);

/// Tenant, workflow and version number.
pub(crate) type VersionKey = (TenantId, WorkflowId, WorkflowVersion);

/// Lists and versions of published workflows that one instance caches.
#[derive(Debug, Default)]
pub(crate) struct WorkflowCache {
    /// Each list with its size in bytes.
    lists: Mutex<HashMap<ListKey, (ListSlot, usize)>>,
    versions: ByteCache<VersionKey, Arc<PublishedWorkflow>, MAX_VERSION_BYTES>,
}

impl WorkflowCache {
    /// Returns the slot of a list; an empty slot if the list is not cached.
    pub(crate) fn slot(&self, key: &ListKey) -> ListSlot {
        Arc::clone(&locked(&self.lists).entry(key.clone()).or_default().0)
    }

    /// Records the size of a list. Drops the other lists if all lists together are too large.
    pub(crate) fn make_room(&self, key: &ListKey, bytes: usize) {
        let mut lists = locked(&self.lists);
        lists.entry(key.clone()).or_default().1 = bytes;
        if lists.values().map(|(_, bytes)| bytes).sum::<usize>() > MAX_LIST_BYTES {
            lists.retain(|other, _| other == key);
        }
    }

    /// Returns a cached version.
    pub(crate) fn version(&self, key: &VersionKey) -> Option<Arc<PublishedWorkflow>> {
        self.versions.get(key)
    }

    /// Caches a version. `bytes` is its estimated size in memory.
    pub(crate) fn put_version(&self, key: VersionKey, version: Arc<PublishedWorkflow>, bytes: usize) {
        self.versions.put(key, version, bytes);
    }
}

/// Locks a map. A panic while a map was locked leaves the map usable.
fn locked<T>(map: &Mutex<T>) -> MutexGuard<'_, T> {
    map.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_that_are_too_large_together_leave_only_the_latest() {
        let cache = WorkflowCache::default();
        let keys = ["first", "second"]
            .map(|name| (TenantId::parse(name).unwrap_or_else(|_| unreachable!("valid")), EventType::CouponExpired));
        let slots = keys.clone().map(|key| cache.slot(&key));
        let is_cached = |i: usize| Arc::ptr_eq(&cache.slot(&keys[i]), &slots[i]);
        cache.make_room(&keys[0], MAX_LIST_BYTES / 2);
        cache.make_room(&keys[1], MAX_LIST_BYTES / 2);
        assert!(is_cached(0) && is_cached(1));
        cache.make_room(&keys[1], MAX_LIST_BYTES / 2 + 1);
        assert!(is_cached(1) && !is_cached(0));
    }
}
