//! Publishes events to an EventBridge bus.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::primitives::DateTime as AwsDateTime;
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, PutEventsResultEntry};
use chrono::{DateTime, Utc};
use couponflow_app::events::ports::EventBus;
use couponflow_app::kernel::error::{ErrorKind, StoreError};
use couponflow_app::kernel::metrics;
use couponflow_domain::events::contact_erased::ContactErased;
use couponflow_domain::events::event::{Event, SOURCE};
use serde::Serialize;

use crate::failure::entry_failure;
use crate::retry::Backoff;

const DOING: &str = "publishing events";

/// Entries per `PutEvents` call: the limit of EventBridge.
const BATCH_ENTRIES: usize = 10;

/// Total size of the entries of one `PutEvents` call, in bytes: the limit of EventBridge (user guide, "Calculating
/// PutEvents event entry size").
const BATCH_BYTES: usize = 256 * 1024;

/// Time after which one `publish` call sends no further request, neither for the next entries nor for entries that the bus
/// did not accept.
const BUDGET: Duration = Duration::from_secs(5);

/// Client of one event bus.
#[derive(Debug, Clone)]
pub struct Bus {
    client: Client,
    name: String,
}

/// Index of an event in the list to publish, and the event's entry in the request.
type Entry = (usize, PutEventsRequestEntry);

impl Bus {
    /// Creates a client of the bus with this name.
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    fn entry(
        &self,
        detail_type: &str,
        detail: &impl Serialize,
        occurred_at: DateTime<Utc>,
    ) -> Result<PutEventsRequestEntry, serde_json::Error> {
        Ok(PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source(SOURCE)
            .detail_type(detail_type)
            .detail(serde_json::to_string(detail)?)
            .time(AwsDateTime::from_millis(occurred_at.timestamp_millis()))
            .build())
    }

    /// Sends entries, or the errors that prevented their creation. Returns one result per entry, in order.
    async fn send_all(
        &self,
        all: Vec<Result<PutEventsRequestEntry, serde_json::Error>>,
    ) -> Vec<Result<(), StoreError>> {
        let mut outcomes: Vec<Result<(), StoreError>> = all.iter().map(|_| Ok(())).collect();
        let mut entries = Vec::with_capacity(all.len());
        for (i, entry) in all.into_iter().enumerate() {
            match entry {
                Ok(entry) if size(&entry) > BATCH_BYTES => {
                    let detail = "the event is larger than 256 KiB, the limit of PutEvents";
                    outcomes[i] = Err(StoreError::unprocessable(DOING, detail));
                }
                Ok(entry) => entries.push((i, entry)),
                Err(error) => outcomes[i] = Err(failed(error)),
            }
        }
        let backoff = Backoff::new(BUDGET);
        for batch in batches(entries) {
            if backoff.is_over() {
                batch.into_iter().for_each(|(i, _)| outcomes[i] = Err(StoreError::Busy { doing: DOING }));
            } else {
                self.send(batch, backoff.clone(), &mut outcomes).await;
            }
        }
        let published = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        metrics::events_sent(published as u64, (outcomes.len() - published) as u64);
        outcomes
    }

    /// Sends a batch. Retries the entries that failed with a transient error, until the bus has
    /// accepted all of them or [`BUDGET`] has passed.
    async fn send(&self, mut batch: Vec<Entry>, mut backoff: Backoff, outcomes: &mut [Result<(), StoreError>]) {
        loop {
            let entries = batch.iter().map(|(_, entry)| entry.clone()).collect();
            let failures: Vec<(Entry, StoreError)> =
                match self.client.put_events().set_entries(Some(entries)).send().await {
                    Ok(answer) => {
                        let mut results = answer.entries().iter();
                        batch.into_iter().filter_map(|entry| Some((entry, entry_error(results.next())?))).collect()
                    }
                    Err(error) => {
                        let error = failed(error);
                        batch.into_iter().map(|entry| (entry, error.clone())).collect()
                    }
                };
            let (again, given_up): (Vec<_>, Vec<_>) =
                failures.into_iter().partition(|(_, error)| error.kind() == ErrorKind::Transient);
            for ((i, _), error) in given_up {
                outcomes[i] = Err(error);
            }
            if again.is_empty() {
                return;
            }
            if !backoff.wait().await {
                for ((i, _), error) in again {
                    outcomes[i] = Err(error);
                }
                return;
            }
            batch = again.into_iter().map(|(entry, _)| entry).collect();
        }
    }
}

impl EventBus for Bus {
    async fn publish(&self, events: &[Event]) -> Vec<Result<(), StoreError>> {
        let entry = |event: &Event| self.entry(event.kind.detail_type(), &event.detail(), event.metadata.occurred_at);
        self.send_all(events.iter().map(entry).collect()).await
    }

    async fn publish_erasures(&self, events: &[ContactErased]) -> Vec<Result<(), StoreError>> {
        let entry = |event: &ContactErased| self.entry(ContactErased::DETAIL_TYPE, event, event.metadata.occurred_at);
        self.send_all(events.iter().map(entry).collect()).await
    }
}

/// Converts the result of an entry into an error; `None` if the bus accepted the entry.
fn entry_error(result: Option<&PutEventsResultEntry>) -> Option<StoreError> {
    let Some(result) = result else { return Some(failed("PutEvents returned no result for this entry")) };
    let code = result.error_code()?;
    let failure = entry_failure(code, result.error_message());
    // The API reference of `PutEventsResultEntry` lists the following codes as not retryable.
    Some(match code {
        "InvalidArgument" | "MalformedDetail" => StoreError::unprocessable(DOING, failure),
        "AccessDeniedException"
        | "InvalidAccountIdException"
        | "NotAuthorizedForDetailTypeException"
        | "NotAuthorizedForSourceException"
        | "RedactionFailure" => StoreError::Permanent { doing: DOING, source: Arc::new(failure) },
        _ => failed(failure),
    })
}

/// Splits entries into batches that each fit into one call, by count and by size.
fn batches(entries: Vec<Entry>) -> Vec<Vec<Entry>> {
    let mut batches: Vec<Vec<Entry>> = Vec::new();
    let mut bytes = 0;
    for entry in entries {
        let size = size(&entry.1);
        match batches.last_mut() {
            Some(batch) if batch.len() < BATCH_ENTRIES && bytes + size <= BATCH_BYTES => {
                bytes += size;
                batch.push(entry);
            }
            _ => {
                bytes = size;
                batches.push(vec![entry]);
            }
        }
    }
    batches
}

/// Size of an entry as EventBridge counts it: 14 bytes for the time, plus the UTF-8 length of source, detail type and
/// detail.
fn size(entry: &PutEventsRequestEntry) -> usize {
    let text = |text: Option<&str>| text.map_or(0, str::len);
    14 + text(entry.source()) + text(entry.detail_type()) + text(entry.detail())
}

fn failed(error: impl Into<Box<dyn StdError + Send + Sync>>) -> StoreError {
    crate::failure::failed(DOING)(error.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(i: usize, bytes: usize) -> Entry {
        (i, PutEventsRequestEntry::builder().detail("x".repeat(bytes - 14)).build())
    }

    #[test]
    fn batch_has_at_most_ten_entries_and_256_kib() {
        let sizes = |entries: Vec<Entry>| batches(entries).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes((0..25).map(|i| entry(i, 100)).collect()), [10, 10, 5]);
        assert_eq!(sizes((0..5).map(|i| entry(i, 100 * 1024)).collect()), [2, 2, 1]);
        assert_eq!(sizes(vec![entry(0, BATCH_BYTES), entry(1, 20)]), [1, 1]);
    }
}
