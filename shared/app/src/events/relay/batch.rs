//! Handles one batch of stream records: relays the records, and decides what happens to the records that were not relayed.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use couponflow_domain::tenants::tenant::TenantId;
use futures_util::stream;
use futures_util::stream::StreamExt as _;
use serde_json::Value;

use super::error::RelayError;
use super::record::Record;
use super::relay;
use crate::events::ports::{EventBus, EventStore, RecordQueues};
use crate::kernel::error::{StoreError, chain};
use crate::kernel::system::Clock;
use crate::tenants::ports::TenantStores;
use crate::timers::ports::{TimerQueue, TimerStore};

/// Maximum size of the records that are deferred together, in bytes of JSON. A larger record is deferred alone. Below the
/// limit of SQS in all Regions, 256 KiB, with room for the frame of the message.
const DEFERRED_BYTES: usize = 240 * 1024;

/// Maximum number of concurrent calls that defer records or set records aside.
const CONCURRENCY: usize = 8;

/// Stream record as it was delivered, and its changes.
#[derive(Debug)]
pub struct Delivered<'a> {
    /// The record as JSON.
    pub source: &'a Value,
    /// The changes; `None` if the record contains none. An error if the record cannot be parsed.
    pub record: Result<Option<Record>, StoreError>,
}

/// Outcome of a batch: indexes of the records that were not relayed. All other records are done.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct BatchOutcome {
    /// Records to deliver again, because neither the bus nor a queue accepted them.
    pub failed: Vec<usize>,
    /// Records in the retry queue.
    pub deferred: Vec<usize>,
    /// Records that were set aside with their causes.
    pub set_aside: Vec<usize>,
}

/// What happens to a record that was not relayed.
enum Fate {
    Deferred { subject: (TenantId, String), cause: StoreError },
    SetAside { cause: StoreError },
    Failed,
}

/// Relays a batch from the table's stream, which delivers the records of a shard in order.
///
/// A record must not stop later records of its shard. Therefore a record whose items are busy moves to the retry queue,
/// together with the later records of the same subject, and a record that cannot be processed is set aside. Only
/// records that the bus or the queues do not accept fail.
pub async fn relay_batch<S>(
    stores: &S,
    bus: &impl EventBus,
    timer_queue: &impl TimerQueue,
    queues: &impl RecordQueues,
    batch: Vec<Delivered<'_>>,
    clock: &impl Clock,
    deadline: DateTime<Utc>,
) -> BatchOutcome
where
    S: TenantStores<Store: EventStore> + TimerStore,
{
    let (sources, fates) = relay_all(stores, bus, timer_queue, batch, clock, deadline).await;
    let mut outcome = BatchOutcome::default();
    let mut set_aside: Vec<(usize, StoreError)> = Vec::new();
    let mut by_subject: BTreeMap<(TenantId, String), (Vec<usize>, StoreError)> = BTreeMap::new();
    for (i, fate) in fates {
        match fate {
            Fate::Failed => outcome.failed.push(i),
            Fate::SetAside { cause } => set_aside.push((i, cause)),
            Fate::Deferred { subject, cause } => by_subject.entry(subject).or_insert((Vec::new(), cause)).0.push(i),
        }
    }
    let groups = by_subject.into_iter().flat_map(|((tenant, _), (places, cause))| {
        let parts = parts(places, |i| sources[*i].to_string().len());
        parts.into_iter().map(move |part| (tenant.clone(), part, cause.clone()))
    });
    let deferred = groups.map(async |(tenant, part, cause)| {
        let records: Vec<&Value> = part.iter().map(|i| sources[*i]).collect();
        let accepted = queues.defer(&tenant, &records, &cause).await;
        (part, is_accepted(accepted, "Could not move stream records to the retry queue"))
    });
    let deferred: Vec<(Vec<usize>, bool)> = stream::iter(deferred).buffer_unordered(CONCURRENCY).collect().await;
    for (part, is_accepted) in deferred {
        if is_accepted { outcome.deferred.extend(part) } else { outcome.failed.extend(part) }
    }
    for (i, is_accepted) in set_all_aside(queues, &sources, set_aside).await {
        if is_accepted { outcome.set_aside.push(i) } else { outcome.failed.push(i) }
    }
    for places in [&mut outcome.failed, &mut outcome.deferred, &mut outcome.set_aside] {
        places.sort_unstable();
    }
    outcome
}

/// Relays records from the retry queue again. Records that still have to wait fail, and the queue delivers them later.
pub async fn relay_retried<S>(
    stores: &S,
    bus: &impl EventBus,
    timer_queue: &impl TimerQueue,
    queues: &impl RecordQueues,
    batch: Vec<Delivered<'_>>,
    clock: &impl Clock,
    deadline: DateTime<Utc>,
) -> BatchOutcome
where
    S: TenantStores<Store: EventStore> + TimerStore,
{
    let (sources, fates) = relay_all(stores, bus, timer_queue, batch, clock, deadline).await;
    let mut outcome = BatchOutcome::default();
    let mut set_aside: Vec<(usize, StoreError)> = Vec::new();
    for (i, fate) in fates {
        match fate {
            Fate::Failed | Fate::Deferred { .. } => outcome.failed.push(i),
            Fate::SetAside { cause } => set_aside.push((i, cause)),
        }
    }
    for (i, is_accepted) in set_all_aside(queues, &sources, set_aside).await {
        if is_accepted { outcome.set_aside.push(i) } else { outcome.failed.push(i) }
    }
    outcome
}

/// Relays a batch. Returns the sources of all records, and the fates of the records that were not relayed.
async fn relay_all<'a, S>(
    stores: &S,
    bus: &impl EventBus,
    timer_queue: &impl TimerQueue,
    batch: Vec<Delivered<'a>>,
    clock: &impl Clock,
    deadline: DateTime<Utc>,
) -> (Vec<&'a Value>, Vec<(usize, Fate)>)
where
    S: TenantStores<Store: EventStore> + TimerStore,
{
    let (mut sources, mut fates) = (Vec::with_capacity(batch.len()), Vec::new());
    let (mut places, mut records): (Vec<usize>, Vec<Record>) = Default::default();
    for (i, Delivered { source, record }) in batch.into_iter().enumerate() {
        sources.push(source);
        match record {
            Ok(Some(record)) => {
                places.push(i);
                records.push(record);
            }
            Ok(None) => {}
            Err(cause) => {
                tracing::error!(error = %chain(&cause), record = i, "Could not read a stream record");
                fates.push((i, Fate::SetAside { cause }));
            }
        }
    }
    let outcomes = relay(stores, bus, timer_queue, &records, clock, deadline).await;
    for ((i, record), outcome) in places.into_iter().zip(&records).zip(outcomes) {
        let Err(error) = outcome else { continue };
        tracing::error!(tenant.id = %record.tenant_id, error = %chain(&error), "Could not relay a stream record");
        let fate = match error {
            RelayError::Deferred(cause) => {
                Fate::Deferred { subject: (record.tenant_id.clone(), record.subject()), cause }
            }
            RelayError::Unprocessable(cause) => Fate::SetAside { cause },
            RelayError::BusDown(_) => Fate::Failed,
        };
        fates.push((i, fate));
    }
    (sources, fates)
}

/// Sets records aside. Returns for each record whether the queue accepted it.
async fn set_all_aside(
    queues: &impl RecordQueues,
    sources: &[&Value],
    records: Vec<(usize, StoreError)>,
) -> Vec<(usize, bool)> {
    let records = records.into_iter().map(async |(i, cause)| {
        let accepted = queues.set_aside(sources[i], &cause).await;
        (i, is_accepted(accepted, "Could not set a stream record aside"))
    });
    stream::iter(records).buffer_unordered(CONCURRENCY).collect().await
}

fn is_accepted(accepted: Result<(), StoreError>, failure: &'static str) -> bool {
    accepted.map_err(|error| tracing::error!(error = %chain(&error), "{failure}")).is_ok()
}

/// Splits records into parts of at most [`DEFERRED_BYTES`], in order.
fn parts(places: Vec<usize>, size: impl Fn(&usize) -> usize) -> Vec<Vec<usize>> {
    let mut parts: Vec<Vec<usize>> = Vec::new();
    let mut bytes = 0;
    for place in places {
        let size = size(&place);
        match parts.last_mut() {
            Some(part) if bytes + size <= DEFERRED_BYTES => {
                bytes += size;
                part.push(place);
            }
            _ => {
                bytes = size;
                parts.push(vec![place]);
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_bounded_and_a_larger_record_is_alone() {
        let sizes = [100 * 1024, 100 * 1024, 100 * 1024, 900 * 1024, 1];
        assert_eq!(parts((0..5).collect(), |i| sizes[*i]), [vec![0, 1], vec![2], vec![3], vec![4]]);
    }
}
