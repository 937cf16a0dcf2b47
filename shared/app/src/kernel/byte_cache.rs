//! Cache with a maximum size in bytes, shared by the tasks of one function instance.

use std::hash::Hash;
use std::io;

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, Equivalent, OptionsBuilder, Weighter};
use serde::Serialize;

/// Typical size of an entry, for the number of entries that the cache expects.
const TYPICAL_ENTRY: usize = 4096;

/// Bytes in memory per byte of JSON: an estimate that is too high for long texts and about right for lists of short ones.
const MEMORY_PER_JSON_BYTE: usize = 4;

/// Cache of entries with at most `MAX_BYTES` together. A full cache drops entries that were not read lately. An entry that
/// is larger than the cache is not cached. An empty cache allocates no memory for entries.
#[derive(Debug)]
pub struct ByteCache<K, V, const MAX_BYTES: usize>(Cache<K, (V, usize), StoredWeight>);

/// Reads the weight that is stored with the value.
#[derive(Debug, Clone)]
struct StoredWeight;

impl<K, V> Weighter<K, (V, usize)> for StoredWeight {
    fn weight(&self, _: &K, (_, bytes): &(V, usize)) -> u64 {
        *bytes as u64
    }
}

impl<K: Eq + Hash, V: Clone, const MAX_BYTES: usize> Default for ByteCache<K, V, MAX_BYTES> {
    fn default() -> Self {
        let options = OptionsBuilder::new()
            .shards(1)
            .estimated_items_capacity((MAX_BYTES / TYPICAL_ENTRY).max(1))
            .weight_capacity(MAX_BYTES as u64)
            .build();
        let options = options.unwrap_or_else(|_| unreachable!("every option is set and in range"));
        Self(Cache::with_options(options, StoredWeight, DefaultHashBuilder::default(), DefaultLifecycle::default()))
    }
}

impl<K: Eq + Hash, V: Clone, const MAX_BYTES: usize> ByteCache<K, V, MAX_BYTES> {
    /// Returns a copy of the value of a key.
    pub fn get<Q: Hash + Equivalent<K> + ?Sized>(&self, key: &Q) -> Option<V> {
        self.0.get(key).map(|(value, _)| value)
    }

    /// Sets the value of a key. `bytes` is the estimated size of the entry.
    pub fn put(&self, key: K, value: V, bytes: usize) {
        self.0.insert(key, (value, bytes.max(1)));
    }

    /// Removes a key.
    pub fn forget(&self, key: &K) {
        self.0.remove(key);
    }
}

/// Estimates how many bytes a value needs in memory, from the length of its JSON.
pub fn estimated_bytes<T: Serialize>(value: &T) -> usize {
    let mut length = Length(0);
    // Writing to a counter cannot fail. A value that cannot be serialized counts with the part before the fault.
    let _ = serde_json::to_writer(&mut length, value);
    size_of::<T>() + MEMORY_PER_JSON_BYTE * length.0
}

/// Estimates how many bytes the value of a JSON text needs in memory.
pub fn estimated_bytes_of_json(json: &str) -> usize {
    MEMORY_PER_JSON_BYTE * json.len()
}

/// Counts the bytes that are written.
struct Length(usize);

impl io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cache_holds_as_many_entries_as_its_bytes_permit() {
        let cache: ByteCache<u32, u32, 100_000> = ByteCache::default();
        let held = || (0..1000).filter(|key| cache.get(key).is_some()).count();
        for key in 0..1000 {
            cache.put(key, key, 1000);
        }
        assert_eq!(held(), 100);
        for key in 0..1000 {
            cache.put(key, key, 10_000);
        }
        assert_eq!(held(), 10);
        cache.put(1000, 1, 100_001);
        assert_eq!(cache.get(&1000), None, "larger than the cache");
        cache.put(1001, 1, 0);
        assert_eq!(cache.get(&1001), Some(1));
        cache.forget(&1001);
        assert_eq!(cache.get(&1001), None);
    }

    #[test]
    fn estimate_grows_with_the_texts_of_a_value() {
        let (short, long) = (vec!["a".to_owned()], vec!["a".repeat(1000)]);
        assert_eq!(estimated_bytes(&long) - estimated_bytes(&short), 999 * MEMORY_PER_JSON_BYTE);
        assert_eq!(estimated_bytes_of_json("[\"a\"]"), 5 * MEMORY_PER_JSON_BYTE);
    }
}
