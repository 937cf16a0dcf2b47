//! Caches published workflows in one instance.
//!
//! A version of a workflow never changes. The list of a trigger changes, and its generation counts
//! the changes. A cached list is current while its generation equals the generation in the table.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_app::kernel::bounded_cache::BoundedCache;
use couponflow_domain::automation::filter::FilterIndex;
use couponflow_domain::automation::workflow::PublishedWorkflow;
use couponflow_domain::events::event::EventType;
use couponflow_domain::kernel::ids::WorkflowId;
use couponflow_domain::tenants::tenant::TenantId;

/// How long a list is used without a check of its generation. The limit is half of the two seconds
/// within which a published workflow must take effect.
const MAX_AGE: TimeDelta = TimeDelta::seconds(1);

/// Maximum number of workflows in all cached lists. If there are more, only the list that was read last stays cached.
const MAX_LISTED: usize = 20_000;

/// Maximum number of versions in the cache.
const MAX_VERSIONS: usize = 1_000;

/// The published workflows of one trigger, ordered by id, and an index of their filters in the same order.
#[derive(Debug)]
pub(crate) struct WorkflowList {
    pub(crate) workflows: Vec<(WorkflowId, i64)>,
    pub(crate) filters: FilterIndex,
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
pub(crate) type VersionKey = (TenantId, WorkflowId, i64);

/// Lists and versions of published workflows that one instance caches.
#[derive(Debug, Default)]
pub(crate) struct WorkflowCache {
    /// Each list with its number of workflows.
    lists: Mutex<HashMap<ListKey, (ListSlot, usize)>>,
    versions: BoundedCache<VersionKey, Arc<PublishedWorkflow>, MAX_VERSIONS>,
}

impl WorkflowCache {
    /// Returns the slot of a list; an empty slot if the list is not cached.
    pub(crate) fn slot(&self, key: &ListKey) -> ListSlot {
        Arc::clone(&locked(&self.lists).entry(key.clone()).or_default().0)
    }

    /// Records the number of workflows of a list. Drops the other lists if there are too many workflows.
    pub(crate) fn make_room(&self, key: &ListKey, workflows: usize) {
        let mut lists = locked(&self.lists);
        lists.entry(key.clone()).or_default().1 = workflows;
        if lists.values().map(|(_, workflows)| workflows + 1).sum::<usize>() > MAX_LISTED {
            lists.retain(|other, _| other == key);
        }
    }

    /// Returns a cached version.
    pub(crate) fn version(&self, key: &VersionKey) -> Option<Arc<PublishedWorkflow>> {
        self.versions.get(key)
    }

    /// Caches a version.
    pub(crate) fn put_version(&self, key: VersionKey, version: Arc<PublishedWorkflow>) {
        self.versions.put(key, version);
    }
}

/// Locks a map. A panic while a map was locked leaves the map usable.
fn locked<T>(map: &Mutex<T>) -> MutexGuard<'_, T> {
    map.lock().unwrap_or_else(PoisonError::into_inner)
}
