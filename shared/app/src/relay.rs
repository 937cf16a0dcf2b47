//! Relay: from committed changes to the event bus.

mod change;
mod prepare;

pub use change::{Change, Record};

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use couponflow_domain::event::Event;
use couponflow_domain::ids::CouponId;
use couponflow_domain::tenant::TenantId;
use couponflow_domain::timer::Timer;
use futures_util::future::join;
use futures_util::stream::{self, StreamExt as _};

use crate::error::StoreError;
use crate::guard::isolated;
use crate::ports::{EventBus, RelayStore, TenantStores, TimerQueue};
use prepare::prepare_all;

/// Subjects processed concurrently.
const CONCURRENCY: usize = 16;

/// Relays records: logs, counts and publishes their events, and sends the timers that the next scan would reach too
/// late.
///
/// Returns one result per record, in order. A record that failed or was relayed before can be relayed again, because
/// its events keep their ids. A record that is corrupt or causes a panic fails alone.
pub async fn relay<S>(
    stores: &S,
    outbound: &(impl EventBus + TimerQueue),
    records: &[Record],
    now: DateTime<Utc>,
) -> Vec<Result<(), StoreError>>
where
    S: TenantStores<Store: RelayStore>,
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

/// Sends all elements and returns one result per element. If sending panics, isolates the element that causes it.
async fn each_sent<T>(
    all: &[T],
    doing: &'static str,
    send: impl AsyncFn(&[T]) -> Vec<Result<(), StoreError>>,
) -> Vec<Result<(), StoreError>> {
    let parts = isolated(all, doing, async |part: &[T]| Ok(send(part).await)).await;
    let outcomes = parts.into_iter().map(|(range, sent)| sent.unwrap_or_else(|error| vec![Err(error); range.len()]));
    outcomes.flatten().collect()
}

/// Logs the events of each coupon together, and returns the logged events in record order. Sets the outcome of a record
/// whose event could not be logged.
async fn log_all<S>(
    stores: &S,
    events: Vec<(usize, Event)>,
    outcomes: &mut [Result<(), StoreError>],
) -> Vec<(usize, Event)>
where
    S: TenantStores<Store: RelayStore>,
{
    let mut by_coupon: BTreeMap<(TenantId, CouponId), (Vec<usize>, Vec<Event>)> = BTreeMap::new();
    for (i, event) in events {
        let coupon = (event.metadata.tenant_id.clone(), event.data.coupon.id.clone());
        let (places, events) = by_coupon.entry(coupon).or_default();
        places.push(i);
        events.push(event);
    }
    let coupons = by_coupon.into_iter().map(async |((tenant, _), (places, events))| {
        let store = stores.of(&tenant);
        let log = async |part: &[Event]| store.log_events(part).await;
        let logged = isolated(&events, "logging events", log).await;
        (places, events, logged)
    });
    let coupons: Vec<_> = stream::iter(coupons).buffer_unordered(CONCURRENCY).collect().await;
    let mut logged_events = Vec::new();
    for (places, events, logged) in coupons {
        let mut entries = places.into_iter().zip(events);
        for (part, logged) in logged {
            let entries = entries.by_ref().take(part.len());
            match logged {
                Ok(()) => logged_events.extend(entries),
                Err(error) => entries.for_each(|(place, _)| outcomes[place] = Err(error.clone())),
            }
        }
    }
    // Record order, so that consumers that compare times receive earlier events first.
    logged_events.sort_by_key(|(place, _)| *place);
    logged_events
}
