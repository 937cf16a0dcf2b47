//! Writes the events of one tenant's stream records to the event log.

use std::collections::BTreeMap;

use couponflow_domain::events::event::Event;
use couponflow_domain::kernel::ids::CouponId;
use futures_util::stream;
use futures_util::stream::StreamExt as _;

use super::error::RelayError;
use crate::events::ports::EventStore;
use crate::kernel::guard::isolated;

/// Maximum number of coupons whose events are logged concurrently.
const CONCURRENCY: usize = 16;

/// Logs the events of each coupon together, and returns the logged events in record order. Sets the outcome of a record
/// whose event could not be logged.
pub(super) async fn log_all(
    store: &impl EventStore,
    events: Vec<(usize, Event)>,
    outcomes: &mut [Result<(), RelayError>],
) -> Vec<(usize, Event)> {
    let mut by_coupon: BTreeMap<CouponId, (Vec<usize>, Vec<Event>)> = BTreeMap::new();
    for (i, event) in events {
        let (places, events) = by_coupon.entry(event.data.coupon.id.clone()).or_default();
        places.push(i);
        events.push(event);
    }
    let coupons = by_coupon.into_values().map(async |(places, events)| {
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
                Err(error) => entries.for_each(|(place, _)| outcomes[place] = Err(RelayError::of_store(error.clone()))),
            }
        }
    }
    // Restore the order of the records, so that consumers that compare times receive earlier events
    // first.
    logged_events.sort_by_key(|(place, _)| *place);
    logged_events
}
