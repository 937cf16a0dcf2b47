//! Runs the relay on the stream of a test's table.

use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_app::events::ports::EventBus;
use couponflow_app::events::relay::{Record, RelayError, relay};
use couponflow_app::kernel::error::StoreError;
use couponflow_app::timers::ports::TimerQueue;
use couponflow_aws::dynamo::Table;
use couponflow_aws::stream;
use couponflow_domain::events::contact_erased::ContactErased;
use couponflow_domain::events::event::Event;
use couponflow_domain::timers::timer::Timer;
use dynoxide::Database;
use dynoxide::actions::describe_stream::DescribeStreamRequest;
use dynoxide::actions::get_records::GetRecordsRequest;
use dynoxide::actions::get_shard_iterator::GetShardIteratorRequest;
use dynoxide::actions::list_streams::ListStreamsRequest;
use serde_json::Value;

use crate::fixtures::{ClockAt, at};
use crate::table::Dynamo;

/// Time limit of the relay. The tests' clock stands still, so no batch reaches it.
const TIME_LIMIT: TimeDelta = TimeDelta::seconds(20);

/// Records per batch, as in the template.
pub(crate) const BATCH: usize = 100;

/// A reader of a table's stream that starts at the beginning.
pub struct Stream {
    database: Database,
    iterator: String,
}

/// The events and timers that the relay sent to the bus and to the timer queue.
#[derive(Debug, Default)]
pub struct RelayOutput {
    /// Events in the order in which they were published. An event that was relayed twice is listed
    /// twice.
    pub events: Vec<Event>,
    /// Events about completed erasures, in the order in which they were published.
    pub erasures: Vec<ContactErased>,
    /// Timers that are due soon, so that the relay sends them to the queue at once.
    pub timers: Vec<Timer>,
}

/// A fake of the bus and the timer queue that records what it receives.
#[derive(Default)]
pub struct RecordingBus(Mutex<RelayOutput>);

impl EventBus for RecordingBus {
    async fn publish(&self, events: &[Event]) -> Vec<Result<(), StoreError>> {
        self.0.lock().expect("the lock is not poisoned").events.extend(events.iter().cloned());
        events.iter().map(|_| Ok(())).collect()
    }

    async fn publish_erasures(&self, events: &[ContactErased]) -> Vec<Result<(), StoreError>> {
        self.0.lock().expect("the lock is not poisoned").erasures.extend(events.iter().cloned());
        events.iter().map(|_| Ok(())).collect()
    }
}

impl TimerQueue for RecordingBus {
    async fn send_timers(&self, timers: &[Timer]) -> Vec<Result<(), StoreError>> {
        self.0.lock().expect("the lock is not poisoned").timers.extend(timers.iter().cloned());
        timers.iter().map(|_| Ok(())).collect()
    }
}

impl Stream {
    /// Opens the stream of the table.
    pub fn of(dynamo: &Dynamo) -> Self {
        let database = dynamo.database.clone();
        let streams = database.list_streams(ListStreamsRequest::default()).expect("streams").streams;
        let stream_arn = streams.first().expect("the table has a stream").stream_arn.clone();
        let described = database.describe_stream(DescribeStreamRequest { stream_arn, ..Default::default() });
        let description = described.expect("a stream").stream_description;
        let iterator = database.get_shard_iterator(GetShardIteratorRequest {
            stream_arn: description.stream_arn,
            shard_id: description.shards.first().expect("a shard").shard_id.clone(),
            shard_iterator_type: "TRIM_HORIZON".to_owned(),
            sequence_number: None,
        });
        Self { database, iterator: iterator.expect("an iterator").shard_iterator.expect("an iterator") }
    }

    /// Reads the next records in the format of a Lambda event. Returns an empty list if all records
    /// were read.
    pub fn next_batch(&mut self) -> Vec<Value> {
        let request = GetRecordsRequest { shard_iterator: self.iterator.clone(), limit: Some(BATCH) };
        let answer = self.database.get_records(request).expect("records");
        self.iterator = answer.next_shard_iterator.expect("an open shard");
        answer.records.iter().map(|record| serde_json::to_value(record).expect("JSON")).collect()
    }

    /// Relays all records in the stream, including those of the relay's own writes, until no record
    /// is left.
    pub async fn relay(&mut self, table: &Table, now: DateTime<Utc>) -> RelayOutput {
        let mut output = RelayOutput::default();
        loop {
            let batch = self.next_batch();
            if batch.is_empty() {
                return output;
            }
            for outcome in relay_batch(&batch, table, now, &mut output).await {
                outcome.expect("relayed");
            }
        }
    }
}

/// Relays one batch like one invocation of the relay function. Returns an outcome for each record
/// that contains a change, in order.
pub async fn relay_batch(
    batch: &[Value],
    table: &Table,
    now: DateTime<Utc>,
    output: &mut RelayOutput,
) -> Vec<Result<(), RelayError>> {
    let read = batch.iter().map(|record| stream::read(record.clone()).expect("a record that can be read"));
    let records: Vec<Record> = read.flatten().collect();
    let listening = RecordingBus(Mutex::new(std::mem::take(output)));
    let outcomes =
        relay(table, &listening, &listening, &records, &ClockAt((now - at(0)).num_milliseconds()), now + TIME_LIMIT)
            .await;
    *output = listening.0.into_inner().expect("the lock is not poisoned");
    outcomes
}

impl RelayOutput {
    /// The types of the events, in order.
    pub fn kinds(&self) -> Vec<&'static str> {
        self.events.iter().map(|event| event.kind.detail_type()).collect()
    }

    /// The events of one type, in order.
    pub fn of(&self, kind: &str) -> Vec<Event> {
        self.events.iter().filter(|event| event.kind.detail_type() == kind).cloned().collect()
    }
}
