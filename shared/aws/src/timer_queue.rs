//! Timer queue on SQS. SQS delays are in whole seconds, so a message arrives up to one second before its timer is due.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{BatchResultErrorEntry, SendMessageBatchRequestEntry};
use couponflow_app::kernel::error::StoreError;
use couponflow_app::kernel::system::{Clock, Rng};
use couponflow_app::timers::ports::TimerQueue;
use couponflow_domain::timers::timer::Timer;
use futures_util::stream;
use futures_util::stream::StreamExt as _;
use serde::{Deserialize, Serialize};

use crate::clients::LazyClient;
use crate::dynamo::StoredTimerValue;
use crate::failure::entry_failure;

const DOING: &str = "sending timers to the queue";

/// Messages per `SendMessageBatch` call: the limit of SQS.
const BATCH: usize = 10;

/// Maximum message delay of SQS, in seconds: 15 minutes.
const MAX_DELAY_SECONDS: i64 = 900;

/// Maximum number of batches that are sent concurrently.
const CONCURRENCY: usize = 8;

/// Body of a message in the timer queue. The timer has the same form as in the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredMessage", into = "StoredMessage")]
pub struct TimerMessage {
    pub timer: Timer,
}

#[derive(Serialize, Deserialize)]
struct StoredMessage {
    timer: StoredTimerValue,
}

impl From<TimerMessage> for StoredMessage {
    fn from(message: TimerMessage) -> Self {
        Self { timer: message.timer.into() }
    }
}

impl From<StoredMessage> for TimerMessage {
    fn from(stored: StoredMessage) -> Self {
        Self { timer: stored.timer.into() }
    }
}

/// Client of the timer queue.
#[derive(Debug, Clone)]
pub struct SqsTimerQueue<E> {
    client: LazyClient<Client>,
    queue_url: String,
    system: E,
}

impl<E: Clock + Rng> SqsTimerQueue<E> {
    /// Creates a client of the queue with this URL. `system` supplies the current time, from which
    /// the delays are calculated.
    pub fn new(client: LazyClient<Client>, queue_url: String, system: E) -> Self {
        Self { client, queue_url, system }
    }

    async fn send_batch(&self, timers: &[Timer]) -> Vec<Result<(), StoreError>> {
        let now = self.system.now();
        let entry = |(i, timer): (usize, &Timer)| {
            let delay = (timer.due_at - now).num_seconds().clamp(0, MAX_DELAY_SECONDS);
            let body = serde_json::to_string(&TimerMessage { timer: timer.clone() }).map_err(failed)?;
            SendMessageBatchRequestEntry::builder()
                .id(i.to_string())
                .message_body(body)
                .delay_seconds(i32::try_from(delay).unwrap_or(0))
                .build()
                .map_err(failed)
        };
        let entries: Result<Vec<_>, StoreError> = timers.iter().enumerate().map(entry).collect();
        let call = async {
            let request = self.client.send_message_batch().queue_url(&self.queue_url).set_entries(Some(entries?));
            request.send().await.map_err(failed)
        };
        match call.await {
            Ok(answer) => (0..timers.len())
                .map(|i| match answer.failed().iter().find(|failure| failure.id() == i.to_string()) {
                    Some(failure) => Err(entry_error(failure)),
                    None => Ok(()),
                })
                .collect(),
            Err(error) => timers.iter().map(|_| Err(error.clone())).collect(),
        }
    }
}

impl<E: Clock + Rng> TimerQueue for SqsTimerQueue<E> {
    async fn send_timers(&self, timers: &[Timer]) -> Vec<Result<(), StoreError>> {
        let batches = stream::iter(timers.chunks(BATCH)).map(|batch| self.send_batch(batch));
        batches.buffered(CONCURRENCY).collect::<Vec<_>>().await.into_iter().flatten().collect()
    }
}

/// Converts a failed entry of a batch into an error.
fn entry_error(failure: &BatchResultErrorEntry) -> StoreError {
    let cause = entry_failure(failure.code(), failure.message());
    match failure.code() {
        "InvalidMessageContents" => StoreError::unprocessable(DOING, cause),
        _ => failed(cause),
    }
}

fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    crate::failure::failed(DOING)(error.into())
}
