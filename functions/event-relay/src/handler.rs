//! Relays batches of stream records, and runs the commands of operators.

use chrono::TimeDelta;
use couponflow_app::events::relay::{BatchOutcome, Delivered, Record, relay_batch, relay_retried};
use couponflow_app::kernel::error::StoreError;
use couponflow_app::kernel::guard::{Panicked, guarded};
use couponflow_app::kernel::system::Clock as _;
use couponflow_aws::bus::Bus;
use couponflow_aws::dynamo::Table;
use couponflow_aws::record_queues::{RelayQueues, records_of};
use couponflow_aws::redelivery::delay;
use couponflow_aws::stream;
use couponflow_aws::system::System;
use couponflow_aws::timer_queue::SqsTimerQueue;
use futures_util::future::join_all;
use lambda_runtime::Error;
use serde_json::{Value, json};

use crate::redrive::RedriveQueues;
use crate::sweep;

/// Time during which an invocation starts to process further records. The rest of the function's time-out is for the
/// calls that are under way, for publishing, and for moving records to queues.
const WORK: TimeDelta = TimeDelta::seconds(20);

/// Handler of the relay.
pub(crate) struct Relay {
    pub(crate) table: Table,
    pub(crate) bus: Bus,
    /// Receives new timers that are due so soon that the expiry scan may be too late.
    pub(crate) timers: SqsTimerQueue<System>,
    pub(crate) queues: RelayQueues,
    pub(crate) redrive: RedriveQueues,
}

impl Relay {
    /// Handles a batch of the table's stream, a batch of the retry queue, an event of the schedule, or a command.
    ///
    /// # Errors
    /// Returns an error if the event is none of these, or if a command fails.
    pub(crate) async fn handle(&self, event: Value) -> Result<Value, Error> {
        if let Some(command) = event.get("redrive") {
            return self.redrive.run(&self.table, command).await;
        }
        if let Some(command) = event.get("sweep") {
            return sweep::on_command(&self.table, &self.bus, &self.timers, command).await;
        }
        if event["detail-type"] == "Scheduled Event" {
            return sweep::on_schedule(&self.table, &self.bus, &self.timers).await;
        }
        let Value::Array(batch) = &event["Records"] else {
            return Err(
                "expected a DynamoDB stream event or an SQS event with `Records`, a scheduled event, or a `redrive` or \
                 `sweep` command"
                    .into(),
            );
        };
        match batch.first().is_some_and(|record| record["eventSource"] == "aws:sqs") {
            true => Ok(self.relay_messages(batch).await),
            false => Ok(self.relay_stream(batch).await),
        }
    }

    /// Relays a batch of stream records.
    ///
    /// `batchItemFailures` in the result lists the records that neither the bus nor a queue accepted. Lambda redelivers the
    /// first of these records and all records that follow in the shard. `deferred` lists the records that moved to the retry
    /// queue because their items were busy. `set_aside` lists the records that moved to the dead-letter queue because they
    /// can't be processed. Both would otherwise block the shard until they expire after a day.
    async fn relay_stream(&self, batch: &[Value]) -> Value {
        let records: Vec<&Value> = batch.iter().collect();
        let BatchOutcome { failed, deferred, set_aside } = self.relay(&records, Source::Stream).await;
        tracing::info!(
            records = records.len(),
            failed = failed.len(),
            deferred = deferred.len(),
            set_aside = set_aside.len(),
            "Relayed stream records"
        );
        let identifiers = |places: Vec<usize>| -> Vec<Value> {
            places.iter().map(|i| json!({"itemIdentifier": records[*i]["dynamodb"]["SequenceNumber"]})).collect()
        };
        json!({
            "batchItemFailures": identifiers(failed), "deferred": identifiers(deferred), "set_aside": identifiers(set_aside),
        })
    }

    /// Relays a batch of messages of the retry queue. `batchItemFailures` in the result lists the messages with records that
    /// still have to wait. SQS redelivers a message after a time that grows with each delivery.
    async fn relay_messages(&self, batch: &[Value]) -> Value {
        let mut failures: Vec<&Value> = Vec::new();
        let (mut owners, mut records): (Vec<usize>, Vec<Value>) = Default::default();
        for (i, message) in batch.iter().enumerate() {
            // A body that is not JSON becomes a record that is set aside.
            let body = message["body"].as_str().unwrap_or_default();
            for record in records_of(body).unwrap_or_else(|_| vec![json!(body)]) {
                owners.push(i);
                records.push(record);
            }
        }
        let BatchOutcome { failed, set_aside, .. } =
            self.relay(&records.iter().collect::<Vec<_>>(), Source::Queue).await;
        for i in failed {
            let message = &batch[owners[i]];
            if failures.last().is_none_or(|last| last["messageId"] != message["messageId"]) {
                failures.push(message);
            }
        }
        tracing::info!(
            messages = batch.len(),
            records = records.len(),
            failed = failures.len(),
            set_aside = set_aside.len(),
            "Relayed records of the retry queue"
        );
        join_all(failures.iter().map(|message| delay(&self.queues.retries, message, None, &System))).await;
        let failures: Vec<Value> =
            failures.iter().map(|message| json!({"itemIdentifier": message["messageId"]})).collect();
        json!({"batchItemFailures": failures})
    }

    async fn relay(&self, records: &[&Value], source: Source) -> BatchOutcome {
        let mut batch = Vec::with_capacity(records.len());
        for record in records {
            batch.push(Delivered { source: record, record: read(record).await });
        }
        let Self { table, bus, timers, queues, redrive: _ } = self;
        let deadline = System.now() + WORK;
        match source {
            Source::Stream => relay_batch(table, bus, timers, queues, batch, &System, deadline).await,
            Source::Queue => relay_retried(table, bus, timers, queues, batch, &System, deadline).await,
        }
    }
}

/// Where records come from.
enum Source {
    Stream,
    Queue,
}

/// Parses a record. A record that makes the parser panic counts as corrupt.
async fn read(record: &Value) -> Result<Option<Record>, StoreError> {
    let doing = "reading a stream record";
    let read =
        guarded(async { stream::read(record.clone()) }).await.map_err(|Panicked| StoreError::Panicked { doing })?;
    read.map_err(|error| StoreError::unprocessable(doing, error))
}
