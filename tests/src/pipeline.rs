//! [`Pipeline`]: the relay between the stream of a test's table and a bus, with its retry queue and dead letters. The bus and
//! the queues can have outages, and the test sets the clock.

use std::collections::VecDeque;
use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_app::events::ports::{EventBus, RecordQueues};
use couponflow_app::events::relay::{BatchOutcome, Delivered, relay_batch, relay_retried};
use couponflow_app::events::sweep::{Extent, Swept, sweep};
use couponflow_app::kernel::error::{StoreError, chain};
use couponflow_app::kernel::redelivery::redelivery_delay;
use couponflow_app::timers::ports::TimerQueue;
use couponflow_aws::dynamo::Table;
use couponflow_aws::stream;
use couponflow_domain::events::contact_erased::ContactErased;
use couponflow_domain::events::event::Event;
use couponflow_domain::tenants::tenant::TenantId;
use couponflow_domain::timers::timer::Timer;
use serde_json::Value;

use crate::due::FixedClock;
use crate::relayed::{BATCH, RelayOutput, Stream};
use crate::table::{Dynamo, Outage};

/// Time limit of the relay. The clock of a test stands still during a batch, so no batch reaches the limit.
const TIME_LIMIT: TimeDelta = TimeDelta::seconds(20);

/// Message in the retry queue.
#[derive(Debug, Clone)]
pub struct Deferred {
    pub tenant: TenantId,
    pub records: Vec<Value>,
    pub cause: String,
    /// Number of deliveries so far.
    pub deliveries: u32,
    /// When the queue delivers the message.
    pub due_at: DateTime<Utc>,
}

/// The relay's surroundings.
#[derive(Default)]
pub struct Surroundings {
    pub bus_outage: Outage,
    /// Concerns the timer queue, the retry queue and the dead-letter queue.
    pub queue_outage: Outage,
    output: Mutex<RelayOutput>,
    deferred: Mutex<Vec<Deferred>>,
    set_aside: Mutex<Vec<(Value, String)>>,
}

fn down(doing: &'static str) -> StoreError {
    let cause: Box<dyn std::error::Error + Send + Sync> = "the service does not respond".into();
    StoreError::Failed { doing, source: cause.into() }
}

impl Surroundings {
    fn queue(&self) -> Result<(), StoreError> {
        if self.queue_outage.is_on() { Err(down("sending to a queue")) } else { Ok(()) }
    }
}

impl EventBus for Surroundings {
    async fn publish(&self, events: &[Event]) -> Vec<Result<(), StoreError>> {
        if self.bus_outage.is_on() {
            return events.iter().map(|_| Err(down("publishing events"))).collect();
        }
        self.output.lock().expect("the lock is not poisoned").events.extend(events.iter().cloned());
        events.iter().map(|_| Ok(())).collect()
    }

    async fn publish_erasures(&self, events: &[ContactErased]) -> Vec<Result<(), StoreError>> {
        if self.bus_outage.is_on() {
            return events.iter().map(|_| Err(down("publishing events"))).collect();
        }
        self.output.lock().expect("the lock is not poisoned").erasures.extend(events.iter().cloned());
        events.iter().map(|_| Ok(())).collect()
    }
}

impl TimerQueue for Surroundings {
    async fn send_timers(&self, timers: &[Timer]) -> Vec<Result<(), StoreError>> {
        let sent = self.queue();
        if sent.is_ok() {
            self.output.lock().expect("the lock is not poisoned").timers.extend(timers.iter().cloned());
        }
        timers.iter().map(|_| sent.clone()).collect()
    }
}

impl RecordQueues for Surroundings {
    async fn defer(&self, tenant: &TenantId, records: &[&Value], cause: &StoreError) -> Result<(), StoreError> {
        self.queue()?;
        let records = records.iter().copied().cloned().collect();
        let (tenant, cause) = (tenant.clone(), chain(cause));
        let message = Deferred { tenant, records, cause, deliveries: 0, due_at: DateTime::UNIX_EPOCH };
        self.deferred.lock().expect("the lock is not poisoned").push(message);
        Ok(())
    }

    async fn set_aside(&self, record: &Value, cause: &StoreError) -> Result<(), StoreError> {
        self.queue()?;
        self.set_aside.lock().expect("the lock is not poisoned").push((record.clone(), chain(cause)));
        Ok(())
    }
}

/// The relay, its stream and its surroundings.
pub struct Pipeline {
    pub surroundings: Surroundings,
    table: Table,
    stream: Stream,
    /// Records that were read from the stream and are not done.
    shard: VecDeque<Value>,
}

impl Pipeline {
    /// Creates a pipeline that reads the stream of a table from the beginning. The relay uses `table`.
    pub fn of(dynamo: &Dynamo, table: Table) -> Self {
        let (surroundings, stream) = (Surroundings::default(), Stream::of(dynamo));
        Self { surroundings, table, stream, shard: VecDeque::new() }
    }

    /// Delivers the next batch of the shard, like Lambda: if records failed, the first of them and all later records
    /// are delivered again. Returns the outcome; `None` if the shard has no records.
    pub async fn deliver(&mut self, now: DateTime<Utc>) -> Option<BatchOutcome> {
        if self.shard.is_empty() {
            self.shard.extend(self.stream.next_batch());
        }
        if self.shard.is_empty() {
            return None;
        }
        let size = self.shard.len().min(BATCH);
        let batch: Vec<Value> = self.shard.drain(..size).collect();
        let outcome = relay_batch(
            &self.table,
            &self.surroundings,
            &self.surroundings,
            &self.surroundings,
            delivered(&batch),
            &FixedClock(now),
            now + TIME_LIMIT,
        )
        .await;
        if let Some(first) = outcome.failed.first() {
            for record in batch.into_iter().skip(*first).rev() {
                self.shard.push_front(record);
            }
        }
        Some(outcome)
    }

    /// Delivers all batches, until the shard is empty or a record fails.
    pub async fn deliver_all(&mut self, now: DateTime<Utc>) {
        while self.deliver(now).await.is_some_and(|outcome| outcome.failed.is_empty()) {}
    }

    /// Delivers the messages of the retry queue that are due. A message that fails is due again after a time that grows with
    /// each delivery.
    pub async fn retry(&self, now: DateTime<Utc>) {
        let messages = std::mem::take(&mut *self.surroundings.deferred.lock().expect("the lock is not poisoned"));
        let (due, mut left): (Vec<_>, Vec<_>) = messages.into_iter().partition(|message| message.due_at <= now);
        for mut message in due {
            let outcome = relay_retried(
                &self.table,
                &self.surroundings,
                &self.surroundings,
                &self.surroundings,
                delivered(&message.records),
                &FixedClock(now),
                now + TIME_LIMIT,
            )
            .await;
            if !outcome.failed.is_empty() {
                message.deliveries += 1;
                message.due_at = now + redelivery_delay(message.deliveries, 0.5);
                left.push(message);
            }
        }
        self.surroundings.deferred.lock().expect("the lock is not poisoned").extend(left);
    }

    /// Adds records to the shard, before the records that the stream holds.
    pub fn feed(&mut self, records: impl IntoIterator<Item = Value>) {
        self.shard.extend(records);
    }

    /// Deletes the records that the stream holds, as after 24 hours. Returns the records.
    pub fn lose_records(&mut self) -> Vec<Value> {
        let mut lost: Vec<Value> = self.shard.drain(..).collect();
        loop {
            let batch = self.stream.next_batch();
            if batch.is_empty() {
                return lost;
            }
            lost.extend(batch);
        }
    }

    /// Relays records that were lost, as a redrive of a dead letter does. Returns the outcome.
    pub async fn relay_late(&self, records: &[Value], now: DateTime<Utc>) -> BatchOutcome {
        let all = &self.surroundings;
        relay_retried(&self.table, all, all, all, delivered(records), &FixedClock(now), now + TIME_LIMIT).await
    }

    /// Runs a whole pass of the sweep, in calls of one part each.
    ///
    /// # Errors
    /// Returns the error of the first call that fails.
    pub async fn sweep(&self, now: DateTime<Utc>) -> Result<Swept, StoreError> {
        let (mut total, mut restarts) = (Swept::default(), true);
        loop {
            let swept = self.sweep_part(now, restarts).await?;
            total.examined += swept.examined;
            total.missing += swept.missing;
            total.failed += swept.failed;
            if !swept.has_more {
                return Ok(total);
            }
            restarts = false;
        }
    }

    /// Runs one call of the sweep, which reads one part of the table.
    ///
    /// # Errors
    /// Returns the error of the call.
    pub async fn sweep_part(&self, now: DateTime<Utc>, restarts: bool) -> Result<Swept, StoreError> {
        let surroundings = &self.surroundings;
        let extent = Extent { parts: 1, interval: TimeDelta::zero(), restarts, deadline: now + TIME_LIMIT };
        sweep(&self.table, surroundings, surroundings, &FixedClock(now), &extent).await
    }

    /// Ids of all published events, in the order of publishing.
    pub fn all_published(&self) -> Vec<String> {
        let output = self.surroundings.output.lock().expect("the lock is not poisoned");
        output.events.iter().map(|event| event.id().to_string()).collect()
    }

    /// Messages in the retry queue.
    pub fn deferred(&self) -> Vec<Deferred> {
        self.surroundings.deferred.lock().expect("the lock is not poisoned").clone()
    }

    /// Replaces the messages in the retry queue.
    pub fn set_deferred(&self, messages: Vec<Deferred>) {
        *self.surroundings.deferred.lock().expect("the lock is not poisoned") = messages;
    }

    /// Records that were set aside, with their causes.
    pub fn set_aside(&self) -> Vec<(Value, String)> {
        self.surroundings.set_aside.lock().expect("the lock is not poisoned").clone()
    }

    /// Ids of the published events of a type, in the order of publishing. An event that was published twice is listed twice.
    pub fn published(&self, kind: &str) -> Vec<String> {
        let output = self.surroundings.output.lock().expect("the lock is not poisoned");
        output.of(kind).iter().map(|event| event.id().to_string()).collect()
    }

    /// Timers that were sent to the timer queue.
    pub fn timers(&self) -> Vec<Timer> {
        self.surroundings.output.lock().expect("the lock is not poisoned").timers.clone()
    }
}

fn delivered(records: &[Value]) -> Vec<Delivered<'_>> {
    let read = |source| Delivered {
        source,
        record: stream::read(Value::clone(source)).map_err(|error| StoreError::unprocessable("reading", error)),
    };
    records.iter().map(read).collect()
}
