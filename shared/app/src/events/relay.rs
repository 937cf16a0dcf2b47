//! Relay: publishes the events of committed changes to the event bus.
//!
//! The table's stream delivers one record per changed item. A record contains the changes that need an event, a counter or
//! a timer.
//!
//! Tenants do not wait for each other: the records of each tenant are relayed separately and concurrently, and a record
//! that has to wait fails with [`RelayError::Deferred`] after a short time. Only a bus that accepts no events
//! ([`RelayError::BusDown`]) concerns all records.

mod batch;
mod error;
mod event;
mod event_log;
mod groundwork;
mod prepare;
mod record;
mod time_limit;

pub use batch::{BatchOutcome, Delivered, relay_batch, relay_retried};
pub use error::RelayError;
pub use record::Record;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use couponflow_domain::events::contact_erased::ContactErased;
use couponflow_domain::events::event::Event;
use couponflow_domain::tenants::tenant::TenantId;
use couponflow_domain::timers::timer::Timer;
use futures_util::future::join3;
use futures_util::stream;
use futures_util::stream::StreamExt as _;

use crate::events::ports::{EventBus, EventStore};
use crate::kernel::error::{StoreError, chain};
use crate::kernel::guard::isolated;
use crate::kernel::system::Clock;
use crate::tenants::ports::TenantStores;
use crate::timers::ports::{TimerQueue, TimerStore};
use event_log::log_all;
use prepare::prepare_all;
use time_limit::TimeLimit;

/// Maximum number of tenants whose records are relayed concurrently.
const CONCURRENCY: usize = 16;

/// Relays stream records: adds their events to the event log and the statistics, and publishes the
/// events. Also sends the timers that are due before the next timer scan could send them. Starts no work on a further
/// record after `deadline`.
///
/// Returns one result per record, in order. A record can be relayed several times, because its
/// events have the same ids each time. A record that is corrupt or causes a panic fails alone.
pub async fn relay<S>(
    stores: &S,
    bus: &impl EventBus,
    timer_queue: &impl TimerQueue,
    records: &[Record],
    clock: &impl Clock,
    deadline: DateTime<Utc>,
) -> Vec<Result<(), RelayError>>
where
    S: TenantStores<Store: EventStore> + TimerStore,
{
    let mut by_tenant: BTreeMap<&TenantId, (Vec<usize>, Vec<&Record>)> = BTreeMap::new();
    for (i, record) in records.iter().enumerate() {
        let (places, records) = by_tenant.entry(&record.tenant_id).or_default();
        places.push(i);
        records.push(record);
    }
    let tenants = by_tenant.into_iter().map(async |(tenant, (places, records))| {
        let limit = TimeLimit::new(clock, deadline);
        let outcomes = relay_tenant(&stores.of(tenant), stores, tenant, bus, timer_queue, &records, &limit).await;
        places.into_iter().zip(outcomes).collect::<Vec<_>>()
    });
    let outcomes: Vec<_> = stream::iter(tenants).buffer_unordered(CONCURRENCY).collect().await;
    let mut outcomes: Vec<(usize, Result<(), RelayError>)> = outcomes.into_iter().flatten().collect();
    outcomes.sort_by_key(|(i, _)| *i);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

/// Relays the records of one tenant. Returns one result per record, in order.
async fn relay_tenant(
    store: &impl EventStore,
    timer_store: &impl TimerStore,
    tenant: &TenantId,
    bus: &impl EventBus,
    timer_queue: &impl TimerQueue,
    records: &[&Record],
    limit: &TimeLimit<'_, impl Clock>,
) -> Vec<Result<(), RelayError>> {
    let now = limit.now();
    let mut outcomes: Vec<Result<(), RelayError>> = Vec::with_capacity(records.len());
    let mut events: Vec<(usize, Event)> = Vec::new();
    let mut erasures: Vec<(usize, ContactErased)> = Vec::new();
    let mut timers: Vec<Timer> = Vec::new();
    for (i, prepared) in prepare_all(store, timer_store, tenant, records, limit).await.into_iter().enumerate() {
        outcomes.push(prepared.map_err(RelayError::of_store).map(|prepared| {
            events.extend(prepared.events.into_iter().map(|event| (i, event)));
            erasures.extend(prepared.erasures.into_iter().map(|erasure| (i, erasure)));
            timers.extend(prepared.timers.into_iter().filter(|timer| timer.is_near(now)));
        }));
    }
    let events = log_all(store, events, &mut outcomes).await;
    let (of_event, events): (Vec<usize>, Vec<Event>) = events.into_iter().unzip();
    let (of_erasure, erasures): (Vec<usize>, Vec<ContactErased>) = erasures.into_iter().unzip();
    let (published, erasures_published, sent) = join3(
        each_sent(&events, "publishing events", async |part: &[Event]| bus.publish(part).await),
        each_sent(&erasures, "publishing events", async |part: &[ContactErased]| bus.publish_erasures(part).await),
        each_sent(&timers, "sending timers to the queue", async |part: &[Timer]| timer_queue.send_timers(part).await),
    )
    .await;
    let of_erasure = of_erasure.into_iter().zip(erasures_published);
    for (i, published) in of_event.into_iter().zip(published).chain(of_erasure) {
        if let Err(error) = published {
            outcomes[i] = Err(RelayError::of_bus(error));
        }
    }
    // The records of timers that were not sent need not be relayed again: the timers stay in the table, and the expiry scan
    // sends every timer that is still there a minute after it was due.
    for error in sent.into_iter().filter_map(Result::err) {
        tracing::warn!(tenant.id = %tenant, error = %chain(&error), "Could not send a timer that is due soon; the \
             expiry scan will send it");
    }
    outcomes
}

/// Sends all elements and returns one result per element. If sending panics, only the element that causes the panic
/// fails.
async fn each_sent<T>(
    all: &[T],
    doing: &'static str,
    send: impl AsyncFn(&[T]) -> Vec<Result<(), StoreError>>,
) -> Vec<Result<(), StoreError>> {
    let parts = isolated(all, doing, async |part: &[T]| Ok(send(part).await)).await;
    let outcomes = parts.into_iter().map(|(range, sent)| sent.unwrap_or_else(|error| vec![Err(error); range.len()]));
    outcomes.flatten().collect()
}
