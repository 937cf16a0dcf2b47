//! Reads and writes many items with few calls.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use aws_sdk_dynamodb::types::{KeysAndAttributes, WriteRequest};
use couponflow_app::kernel::error::StoreError;
use futures_util::stream;
use futures_util::stream::{StreamExt as _, TryStreamExt as _};

use super::item::{Item, Stored, from_item};
use super::key::Key;
use super::table::Table;
use crate::failure::failed;
use crate::retry::Backoff;

/// Items per `BatchGetItem` call: the limit of DynamoDB.
const BATCH: usize = 100;

/// Maximum number of concurrent `BatchGetItem` calls.
const CONCURRENCY: usize = 8;

/// How long the items that DynamoDB leaves unprocessed are read or written again.
const BUDGET: Duration = Duration::from_secs(6);

impl Table {
    /// Reads the items at these keys with strong consistency, in the order of the keys. `None` if there is no item. The
    /// items are not parsed, so that the caller can skip a damaged item.
    pub(crate) async fn items(&self, keys: &[Key], doing: &'static str) -> Result<Vec<Option<Item>>, StoreError> {
        // A call cannot name a key twice.
        let distinct: Vec<Key> = keys.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect();
        let batches = distinct.chunks(BATCH).map(|keys| self.batch(keys, doing));
        let read: Vec<Vec<Item>> = stream::iter(batches).buffer_unordered(CONCURRENCY).try_collect().await?;
        let by_key: HashMap<Key, Item> =
            read.into_iter().flatten().filter_map(|item| Some((Key::of(&item)?, item))).collect();
        Ok(keys.iter().map(|key| by_key.get(key).cloned()).collect())
    }

    /// Reads and parses the items at these keys with strong consistency, in the order of the keys. `None` if there is no
    /// item. One damaged item is an error of the whole call.
    pub(crate) async fn get_all<T: Stored>(
        &self,
        keys: &[Key],
        doing: &'static str,
    ) -> Result<Vec<Option<T>>, StoreError> {
        let items = self.items(keys, doing).await?.into_iter();
        items.map(|item| item.map(|item| from_item(item, doing)).transpose()).collect()
    }

    /// Reads the items at up to 100 keys. Retries the keys that DynamoDB leaves unprocessed, with jitter.
    async fn batch(&self, keys: &[Key], doing: &'static str) -> Result<Vec<Item>, StoreError> {
        let keys = keys.iter().cloned().map(Key::attributes).collect();
        let asked = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
        let mut left = HashMap::from([(self.name.clone(), asked.map_err(|error| failed(doing)(error.into()))?)]);
        let mut found = Vec::new();
        let mut backoff = Backoff::new(BUDGET);
        loop {
            let request = self.client.batch_get_item().set_request_items(Some(left));
            let answer = request.send().await.map_err(|error| failed(doing)(error.into()))?;
            found.extend(answer.responses.unwrap_or_default().into_values().flatten());
            left = answer.unprocessed_keys.unwrap_or_default();
            if left.is_empty() {
                return Ok(found);
            }
            if !backoff.wait().await {
                return Err(StoreError::Busy { doing });
            }
        }
    }

    /// Writes up to 25 items. Retries the items that DynamoDB leaves unprocessed, with jitter.
    pub(crate) async fn write_batch(&self, requests: Vec<WriteRequest>, doing: &'static str) -> Result<(), StoreError> {
        let mut left = HashMap::from([(self.name.clone(), requests)]);
        let mut backoff = Backoff::new(BUDGET);
        loop {
            let answer = self.client.batch_write_item().set_request_items(Some(left)).send().await;
            let answer = answer.map_err(|error| failed(doing)(error.into()))?;
            left = answer.unprocessed_items.unwrap_or_default();
            if left.is_empty() {
                return Ok(());
            }
            if !backoff.wait().await {
                return Err(StoreError::Busy { doing });
            }
        }
    }
}
