//! Relay: publishes the events of committed changes to the event bus.
//!
//! The table's stream delivers one record per changed item. A record contains the changes that need
//! an event, a counter or a timer.

mod event;
mod event_log;
mod number_codes;
mod prepare;
mod record;

pub use record::Record;

use chrono::{DateTime, Utc};
use couponflow_domain::events::event::Event;
use couponflow_domain::timers::timer::Timer;
use futures_util::future::join;

use crate::events::ports::{EventBus, EventStore};
use crate::kernel::error::StoreError;
use crate::kernel::guard::isolated;
use crate::tenants::ports::TenantStores;
use crate::timers::ports::{TimerQueue, TimerStore};
use event_log::log_all;
use prepare::prepare_all;

/// Relays stream records: adds their events to the event log and the statistics, and publishes the
/// events. Also sends the timers that are due before the next timer scan could send them.
///
/// Returns one result per record, in order. A record can be relayed several times, because its
/// events have the same ids each time. A record that is corrupt or causes a panic fails alone.
pub async fn relay<S>(
    stores: &S,
    outbound: &(impl EventBus + TimerQueue),
    records: &[Record],
    now: DateTime<Utc>,
) -> Vec<Result<(), StoreError>>
where
    S: TenantStores<Store: EventStore> + TimerStore,
{
    let mut outcomes: Vec<Result<(), StoreError>> = Vec::with_capacity(records.len());
    let mut events: Vec<(usize, Event)> = Vec::new();
    let mut timers: Vec<(usize, Timer)> = Vec::new();
    for (i, prepared) in prepare_all(stores, records).await.into_iter().enumerate() {
        outcomes.push(prepared.map(|prepared| {
            events.extend(prepared.events.into_iter().map(|event| (i, event)));
            timers.extend(prepared.timers.into_iter().filter(|timer| timer.is_near(now)).map(|timer| (i, timer)));
        }));
    }
    let events = log_all(stores, events, &mut outcomes).await;
    let (of_event, events): (Vec<usize>, Vec<Event>) = events.into_iter().unzip();
    let (of_timer, timers): (Vec<usize>, Vec<Timer>) = timers.into_iter().unzip();
    let (published, sent) = join(
        each_sent(&events, "publishing events", async |part: &[Event]| outbound.publish(part).await),
        each_sent(&timers, "sending timers to the queue", async |part: &[Timer]| outbound.send_timers(part).await),
    )
    .await;
    for (i, outcome) in of_event.into_iter().zip(published).chain(of_timer.into_iter().zip(sent)) {
        if let Err(failure) = outcome {
            outcomes[i] = Err(failure);
        }
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
