//! Sweep: finds committed changes whose events were not published because their stream records were lost, and publishes the
//! events.
//!
//! The relay learns of a change only through its stream record, and the stream deletes records after 24 hours. A pass of the
//! sweep reads the whole table, part by part. A change without its evidence, normally the entry in the event log, is
//! relayed like a change from the stream, so that the same event has the same id.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_domain::events::outbox::{CommittedChange, Evidence};
use couponflow_domain::kernel::counters::Revision;
use couponflow_domain::kernel::ids::EventId;
use couponflow_domain::tenants::tenant::TenantId;

use super::ports::{CommittedChanges, EventBus, EventStore, SweepProgress};
use super::relay::{Record, RelayError, relay};
use crate::kernel::error::{StoreError, StoreResult, chain};
use crate::kernel::system::Clock;
use crate::tenants::ports::TenantStores;
use crate::timers::ports::{TimerQueue, TimerStore};

/// Minimum age of a change. The stream keeps records for 24 hours, so the relay can still publish a younger change.
pub const SETTLED_AFTER: TimeDelta = TimeDelta::hours(25);

/// Maximum age of a change. Well below the 90 days for which the event log keeps the event, because without the entry an
/// event that was published looks like one that was not.
pub const MAX_AGE: TimeDelta = TimeDelta::days(30);

/// Maximum number of attempts on one part of the table while items are busy. Afterwards the pass continues, so that the
/// changes of one tenant cannot stop the sweep.
const MAX_ATTEMPTS: i64 = 10;

/// Time after the deadline of a call for which its claim of the pass lasts, if the call dies. The function's time-out ends
/// the call before.
const CLAIM_AFTER_DEADLINE: TimeDelta = TimeDelta::seconds(30);

/// Extent of one call.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// Maximum number of parts.
    pub parts: usize,
    /// Time from the start of a pass to the start of the next pass.
    pub interval: TimeDelta,
    /// Whether a new pass begins at once, even if a pass is under way.
    pub restarts: bool,
    /// No part is begun after this instant.
    pub deadline: DateTime<Utc>,
}

/// Outcome of one call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Items that were read.
    pub examined: usize,
    /// Changes that the relay had not processed.
    pub missing: usize,
    /// Missing changes that could not be processed.
    pub failed: usize,
    /// Whether the pass has further parts.
    pub has_more: bool,
}

impl Swept {
    /// Outcome of a call that found nothing to do yet, although the pass has further parts.
    const UNFINISHED: Self = Self { examined: 0, missing: 0, failed: 0, has_more: true };
}

/// Continues the current pass, or begins a new one. Idempotent: a change that was published is not published again, unless
/// the call before stopped while it was publishing the change. While another call works on the pass, nothing is done.
///
/// # Errors
/// Returns an error if the table cannot be read, or if the bus accepts no events. The next call tries the same part again.
pub async fn sweep<S>(
    stores: &S,
    bus: &impl EventBus,
    timer_queue: &impl TimerQueue,
    clock: &impl Clock,
    extent: &Extent,
) -> StoreResult<Swept>
where
    S: TenantStores<Store: EventStore> + TimerStore + CommittedChanges,
{
    let now = clock.now();
    let mut progress = match stores.sweep_progress().await? {
        None => new_pass(now, Revision::new(0)),
        Some(progress) if progress.claimed_until.is_some_and(|until| now < until) => return Ok(Swept::UNFINISHED),
        Some(progress) if !progress.is_complete || extent.restarts || now - progress.started_at >= extent.interval => {
            progress
        }
        Some(_) => return Ok(Swept::default()),
    };
    // Without the claim, two calls could work on the same part. An event that one of them has logged and cannot publish
    // would then look published to the other call.
    progress.claimed_until = Some(extent.deadline + CLAIM_AFTER_DEADLINE);
    if !save(stores, &mut progress).await? {
        return Ok(Swept::UNFINISHED);
    }
    let swept = continue_pass(stores, bus, timer_queue, clock, extent, &mut progress).await;
    progress.claimed_until = None;
    let is_released = save(stores, &mut progress).await;
    let swept = swept?;
    is_released?;
    Ok(swept)
}

fn new_pass(started_at: DateTime<Utc>, revision: Revision) -> SweepProgress {
    SweepProgress {
        started_at,
        position: None,
        is_complete: false,
        begun: Vec::new(),
        attempts: 0,
        claimed_until: None,
        revision,
    }
}

/// Saves the progress. Returns false if another call has saved its progress meanwhile.
async fn save(stores: &impl CommittedChanges, progress: &mut SweepProgress) -> StoreResult<bool> {
    progress.revision = progress.revision.next();
    stores.save_sweep_progress(progress).await
}

/// Works on the pass that this call has claimed.
async fn continue_pass<S>(
    stores: &S,
    bus: &impl EventBus,
    timer_queue: &impl TimerQueue,
    clock: &impl Clock,
    extent: &Extent,
    progress: &mut SweepProgress,
) -> StoreResult<Swept>
where
    S: TenantStores<Store: EventStore> + TimerStore + CommittedChanges,
{
    let now = clock.now();
    publish_begun(stores, bus, &progress.begun).await?;
    if progress.is_complete || extent.restarts {
        *progress = SweepProgress { claimed_until: progress.claimed_until, ..new_pass(now, progress.revision) };
    }
    let mut swept = Swept::UNFINISHED;
    for _ in 0..extent.parts {
        if clock.now() >= extent.deadline {
            break;
        }
        let part = stores.committed_changes(progress.position.as_ref()).await?;
        swept.examined += part.examined;
        let (begun, records) = missing(stores, part.changes, now).await?;
        if !records.is_empty() {
            progress.begun = begun;
            progress.attempts += 1;
            if !save(stores, progress).await? {
                break;
            }
            let outcomes = relay(stores, bus, timer_queue, &records, clock, extent.deadline).await;
            let is_last_attempt = progress.attempts >= MAX_ATTEMPTS;
            let failures = failures(&records, outcomes);
            if let Some((_, error)) = failures.iter().find(|(_, error)| is_to_repeat(error, is_last_attempt)) {
                if matches!(error, RelayError::Deferred(_)) && clock.now() >= extent.deadline {
                    // The time is up, so the attempt does not count.
                    progress.attempts -= 1;
                    break;
                }
                return Err(error.cause().clone());
            }
            for (record, error) in &failures {
                tracing::error!(tenant.id = %record.tenant_id, error = %chain(error), "Could not publish a missing event");
            }
            swept.missing += records.len();
            swept.failed += failures.len();
        }
        (progress.begun, progress.attempts) = (Vec::new(), 0);
        progress.is_complete = part.next.is_none();
        progress.position = part.next;
        if !save(stores, progress).await? {
            break;
        }
        if progress.is_complete {
            swept.has_more = false;
            break;
        }
    }
    Ok(swept)
}

/// Publishes the events that an earlier attempt began to publish, if the attempt has logged the events. The relay logs an
/// event before it publishes the event, so a logged event would no longer count as missing. An event that the bus rejects
/// is logged as an error and left out: it must not stop the sweep of all tenants.
async fn publish_begun<S>(stores: &S, bus: &impl EventBus, begun: &[(TenantId, EventId)]) -> StoreResult<()>
where
    S: TenantStores<Store: EventStore>,
{
    let mut by_tenant: BTreeMap<&TenantId, Vec<EventId>> = BTreeMap::new();
    for (tenant_id, id) in begun {
        by_tenant.entry(tenant_id).or_default().push(id.clone());
    }
    for (tenant_id, ids) in by_tenant {
        let events = stores.of(tenant_id).logged_events(&ids).await?;
        for published in bus.publish(&events).await {
            match published {
                Err(error) if error.is_caused_by_input() => {
                    tracing::error!(tenant.id = %tenant_id, error = %chain(&error), "Could not publish a missing event");
                }
                published => published?,
            }
        }
    }
    Ok(())
}

/// Returns the changes without evidence, as one record each, in the order in which they occurred, and the events of these
/// changes.
async fn missing<S>(
    stores: &S,
    changes: Vec<(TenantId, CommittedChange)>,
    now: DateTime<Utc>,
) -> StoreResult<(Vec<(TenantId, EventId)>, Vec<Record>)>
where
    S: TenantStores<Store: EventStore>,
{
    let settled = now - MAX_AGE..=now - SETTLED_AFTER;
    let mut by_tenant: BTreeMap<TenantId, Vec<CommittedChange>> = BTreeMap::new();
    for (tenant_id, change) in changes.into_iter().filter(|(_, change)| settled.contains(&change.occurred_at)) {
        by_tenant.entry(tenant_id).or_default().push(change);
    }
    let (mut events, mut missing) = (Vec::new(), Vec::new());
    for (tenant_id, changes) in by_tenant {
        let evidence: Vec<Evidence> = changes.iter().filter_map(|change| change.evidence.clone()).collect();
        let mut exist = stores.of(&tenant_id).exist(&evidence).await?.into_iter();
        for CommittedChange { changes, evidence, event_id, occurred_at } in changes {
            if evidence.is_some() && exist.next() == Some(true) {
                continue;
            }
            events.extend(event_id.map(|id| (tenant_id.clone(), id)));
            missing.push((occurred_at, Record { tenant_id: tenant_id.clone(), changes }));
        }
    }
    missing.sort_by_key(|(occurred_at, _)| *occurred_at);
    Ok((events, missing.into_iter().map(|(_, record)| record).collect()))
}

/// Returns the records that could not be relayed, with their errors.
fn failures(records: &[Record], outcomes: Vec<Result<(), RelayError>>) -> Vec<(&Record, RelayError)> {
    records.iter().zip(outcomes).filter_map(|(record, outcome)| Some((record, outcome.err()?))).collect()
}

/// Whether the same part should be tried again: a later attempt can succeed.
fn is_to_repeat(error: &RelayError, is_last_attempt: bool) -> bool {
    match error {
        // The event is logged, so only the next attempt on this part publishes the event.
        RelayError::BusDown(_) => true,
        // The change builds on a change that cannot be processed.
        RelayError::Deferred(StoreError::OutOfOrder { .. }) | RelayError::Unprocessable(_) => false,
        // The next pass finds the change again.
        RelayError::Deferred(_) => !is_last_attempt,
    }
}
