//! The relay, fed from the stream of a test's table.

use std::sync::Mutex;

use chrono::{DateTime, Utc};
use couponflow_app::error::StoreError;
use couponflow_app::ports::{EventBus, TimerQueue};
use couponflow_app::relay::{Record, relay};
use couponflow_aws::dynamo::Table;
use couponflow_aws::stream;
use couponflow_domain::event::Event;
use couponflow_domain::timer::Timer;
use dynoxide::Database;
use dynoxide::actions::describe_stream::DescribeStreamRequest;
use dynoxide::actions::get_records::GetRecordsRequest;
use dynoxide::actions::get_shard_iterator::GetShardIteratorRequest;
use dynoxide::actions::list_streams::ListStreamsRequest;
use serde_json::Value;

use crate::table::Dynamo;

/// As many records as the template lets Lambda put into a batch.
const BATCH: usize = 100;

/// Reads the stream of a table, from its beginning.
pub struct Stream {
    database: Database,
    iterator: String,
}

/// What went to the bus and to the timer queue.
#[derive(Debug, Default)]
pub struct Heard {
    /// Events, in the order they were published; one that was relayed twice stands here twice.
    pub events: Vec<Event>,
    /// Timers that are near.
    pub timers: Vec<Timer>,
}

/// A bus and a timer queue that keep what they take.
#[derive(Default)]
pub struct Listening(Mutex<Heard>);

impl EventBus for Listening {
    async fn publish(&self, events: &[Event]) -> Vec<Result<(), StoreError>> {
        self.0.lock().expect("no panic in here").events.extend(events.iter().cloned());
        events.iter().map(|_| Ok(())).collect()
    }
}

impl TimerQueue for Listening {
    async fn send_timers(&self, timers: &[Timer]) -> Vec<Result<(), StoreError>> {
        self.0.lock().expect("no panic in here").timers.extend(timers.iter().cloned());
        timers.iter().map(|_| Ok(())).collect()
    }
}

impl Stream {
    /// The stream of the table.
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

    /// The next records, as Lambda hands them on; none where everything was read.
    pub fn next_batch(&mut self) -> Vec<Value> {
        let request = GetRecordsRequest { shard_iterator: self.iterator.clone(), limit: Some(BATCH) };
        let answer = self.database.get_records(request).expect("records");
        self.iterator = answer.next_shard_iterator.expect("an open shard");
        answer.records.iter().map(|record| serde_json::to_value(record).expect("JSON")).collect()
    }

    /// Relays everything that was written, and what the relay itself writes, until nothing is left.
    pub async fn relay(&mut self, table: &Table, now: DateTime<Utc>) -> Heard {
        let mut heard = Heard::default();
        loop {
            let batch = self.next_batch();
            if batch.is_empty() {
                return heard;
            }
            for outcome in deliver(&batch, table, now, &mut heard).await {
                outcome.expect("relayed");
            }
        }
    }
}

/// Relays a batch, as one invocation does. Answers for each record that tells anything, in order.
pub async fn deliver(
    batch: &[Value],
    table: &Table,
    now: DateTime<Utc>,
    heard: &mut Heard,
) -> Vec<Result<(), StoreError>> {
    let read = batch.iter().map(|record| stream::read(record.clone()).expect("a record that can be read"));
    let records: Vec<Record> = read.flatten().collect();
    let listening = Listening(Mutex::new(std::mem::take(heard)));
    let outcomes = relay(table, &listening, &records, now).await;
    *heard = listening.0.into_inner().expect("no panic in here");
    outcomes
}

impl Heard {
    /// The names of the events, in their order.
    pub fn kinds(&self) -> Vec<&'static str> {
        self.events.iter().map(|event| event.kind.detail_type()).collect()
    }

    /// The events of that name, in their order.
    pub fn of(&self, kind: &str) -> Vec<Event> {
        self.events.iter().filter(|event| event.kind.detail_type() == kind).cloned().collect()
    }
}
