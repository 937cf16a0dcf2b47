//! Prepares the stream records of one tenant: derives events and timers from the changes in the records.

use std::collections::BTreeMap;

use couponflow_domain::events::contact_erased::ContactErased;
use couponflow_domain::events::event::{Event, EventType};
use couponflow_domain::events::outbox::Change;
use couponflow_domain::tenants::tenant::TenantId;
use couponflow_domain::timers::timer::Timer;
use futures_util::stream;
use futures_util::stream::StreamExt as _;

use super::event::event_of;
use super::groundwork::Groundwork;
use super::record::Record;
use super::time_limit::TimeLimit;
use crate::events::ports::EventStore;
use crate::kernel::error::StoreError;
use crate::kernel::guard::guarded;
use crate::kernel::system::Clock;
use crate::timers::ports::TimerStore;

/// Maximum number of subjects whose records are prepared concurrently.
const CONCURRENCY: usize = 16;

/// Events to publish and timers to send for a record.
#[derive(Debug, Default)]
pub(super) struct PreparedRecord {
    pub(super) events: Vec<Event>,
    pub(super) erasures: Vec<ContactErased>,
    pub(super) timers: Vec<Timer>,
}

/// Outcome of preparing the record at an index of the batch.
type Prepared = (usize, Result<PreparedRecord, StoreError>);

/// Prepares the records of one tenant. Records with the same subject are prepared in order, because later changes build on
/// earlier changes. Different subjects are prepared concurrently. Returns one result per record, in order.
pub(super) async fn prepare_all(
    store: &impl EventStore,
    timers: &impl TimerStore,
    tenant: &TenantId,
    records: &[&Record],
    limit: &TimeLimit<'_, impl Clock>,
) -> Vec<Result<PreparedRecord, StoreError>> {
    let mut by_subject: BTreeMap<String, Vec<(usize, &Record)>> = BTreeMap::new();
    for (i, record) in records.iter().enumerate() {
        by_subject.entry(record.subject()).or_default().push((i, record));
    }
    let subjects = by_subject.into_values().map(|records| prepare_subject(store, timers, tenant, records, limit));
    let prepared: Vec<Vec<Prepared>> = stream::iter(subjects).buffer_unordered(CONCURRENCY).collect().await;
    let mut prepared: Vec<Prepared> = prepared.into_iter().flatten().collect();
    prepared.sort_by_key(|(i, _)| *i);
    prepared.into_iter().map(|(_, prepared)| prepared).collect()
}

/// Prepares the records of one subject in order. If a record has to wait, all later records of the subject wait as well,
/// so that their order is kept. A record that causes its error itself fails alone.
async fn prepare_subject(
    store: &impl EventStore,
    timers: &impl TimerStore,
    tenant: &TenantId,
    records: Vec<(usize, &Record)>,
    limit: &TimeLimit<'_, impl Clock>,
) -> Vec<Prepared> {
    let mut wait = limit.check().err();
    let groundwork = match wait {
        None => Groundwork::of(store, records.iter().map(|(_, record)| *record)).await,
        Some(_) => Groundwork::default(),
    };
    let mut prepared = Vec::with_capacity(records.len());
    for (i, record) in records {
        let outcome = match wait.clone().or_else(|| limit.check().err()) {
            Some(wait) => Err(wait),
            None => {
                let one = guarded(prepare(store, timers, tenant, record, &groundwork)).await;
                one.unwrap_or(Err(StoreError::Panicked { doing: "preparing a stream record" }))
            }
        };
        if let Err(error) = &outcome
            && !error.is_caused_by_input()
        {
            limit.note(error);
            wait = Some(error.clone());
        }
        prepared.push((i, outcome));
    }
    prepared
}

async fn prepare(
    store: &impl EventStore,
    timers: &impl TimerStore,
    tenant: &TenantId,
    record: &Record,
    groundwork: &Groundwork,
) -> Result<PreparedRecord, StoreError> {
    let mut prepared = PreparedRecord::default();
    for change in &record.changes {
        match change {
            Change::TimerSet(timer) => prepared.timers.push(timer.clone()),
            Change::ContactErased { contact_id, completed_at } => {
                prepared.erasures.push(ContactErased::new(tenant, contact_id.clone(), *completed_at));
            }
            Change::TimerNeeded(timer) => timers.set_timer(timer).await?,
            Change::Rejected { coupon: None, attempt } => groundwork.counted(attempt)?,
            change => {
                // Changes after a redemption in the same record are caused by the redemption.
                let redeemed = prepared.events.first().filter(|event| event.kind == EventType::CouponRedeemed);
                let cause = redeemed.map(|event| event.id().clone());
                let event = event_of(store, tenant, change, groundwork).await?;
                let event = event.map(|event| cause.iter().fold(event, Event::caused_by));
                prepared.events.extend(event);
            }
        }
    }
    Ok(prepared)
}
