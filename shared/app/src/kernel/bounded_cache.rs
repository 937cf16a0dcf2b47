//! Cache with a maximum number of entries, shared by the tasks of one function instance.

use std::hash::Hash;

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, Equivalent, OptionsBuilder, UnitWeighter};

/// Cache of at most `CAPACITY` entries. A full cache drops an entry that was not read lately. An empty cache allocates
/// no memory for entries, so that it does not delay a cold start.
#[derive(Debug)]
pub struct BoundedCache<K, V, const CAPACITY: usize>(Cache<K, V>);

impl<K: Eq + Hash, V: Clone, const CAPACITY: usize> Default for BoundedCache<K, V, CAPACITY> {
    fn default() -> Self {
        // One shard: an instance runs few requests at a time, and the default reads the number of processors.
        let options =
            OptionsBuilder::new().shards(1).estimated_items_capacity(CAPACITY).weight_capacity(CAPACITY as u64).build();
        let options = options.unwrap_or_else(|_| unreachable!("every option is set and in range"));
        Self(Cache::with_options(options, UnitWeighter, DefaultHashBuilder::default(), DefaultLifecycle::default()))
    }
}

impl<K: Eq + Hash, V: Clone, const CAPACITY: usize> BoundedCache<K, V, CAPACITY> {
    /// Returns a copy of the value of a key.
    pub fn get<Q: Hash + Equivalent<K> + ?Sized>(&self, key: &Q) -> Option<V> {
        self.0.get(key)
    }

    /// Sets the value of a key.
    pub fn put(&self, key: K, value: V) {
        self.0.insert(key, value);
    }

    /// Removes a key.
    pub fn forget(&self, key: &K) {
        self.0.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_cache_keeps_the_entry_that_is_read() {
        let cache: BoundedCache<u32, u32, 100> = BoundedCache::default();
        for key in 0..1000 {
            cache.put(key, key);
            assert_eq!(cache.get(&0), Some(0), "after {key}");
        }
        assert_eq!((0..1000).filter(|key| cache.get(key).is_some()).count(), 100);
        cache.forget(&0);
        assert_eq!(cache.get(&0), None);
    }
}
