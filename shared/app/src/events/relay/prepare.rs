//! Prepares stream records: derives events and timers from the changes in the records.

use std::collections::BTreeMap;

use couponflow_domain::events::event::{Event, EventType};
use couponflow_domain::events::outbox::Change;
use couponflow_domain::tenants::tenant::TenantId;
use couponflow_domain::timers::timer::Timer;
use futures_util::stream;
use futures_util::stream::StreamExt as _;

use super::event::event_of;
use super::number_codes::{NumberedCodes, number_codes};
use super::record::Record;
use crate::events::ports::EventStore;
use crate::kernel::error::StoreError;
use crate::kernel::guard::guarded;
use crate::tenants::ports::TenantStores;
use crate::timers::ports::TimerStore;

/// Maximum number of subjects whose records are prepared concurrently.
const CONCURRENCY: usize = 16;

/// Events to publish and timers to send for a record.
#[derive(Debug, Default)]
pub(super) struct PreparedRecord {
    pub(super) events: Vec<Event>,
    pub(super) timers: Vec<Timer>,
}

/// Prepares all records. The subject of a record is the coupon, application, request or timer that
/// the record concerns. Records with the same subject are prepared in order, because later changes
/// build on earlier changes. Different subjects are prepared concurrently. Returns one result per
/// record, in order.
pub(super) async fn prepare_all<S>(stores: &S, records: &[Record]) -> Vec<Result<PreparedRecord, StoreError>>
where
    S: TenantStores<Store: EventStore> + TimerStore,
{
    let mut by_subject: BTreeMap<(&TenantId, String), Vec<usize>> = BTreeMap::new();
    for (i, record) in records.iter().enumerate() {
        by_subject.entry((&record.tenant_id, record.subject())).or_default().push(i);
    }
    let subjects = by_subject.into_values().map(async |places| {
        let mut prepared = Vec::with_capacity(places.len());
        let numbered = number_codes(stores, places.iter().map(|i| &records[*i])).await;
        for i in places {
            let one = guarded(prepare(stores, &records[i], &numbered)).await;
            prepared.push((i, one.unwrap_or(Err(StoreError::Panicked { doing: "preparing a stream record" }))));
        }
        prepared
    });
    let prepared: Vec<_> = stream::iter(subjects).buffer_unordered(CONCURRENCY).collect().await;
    let mut prepared: Vec<_> = prepared.into_iter().flatten().collect();
    prepared.sort_by_key(|(i, _)| *i);
    prepared.into_iter().map(|(_, prepared)| prepared).collect()
}

async fn prepare<S>(stores: &S, record: &Record, numbered: &NumberedCodes) -> Result<PreparedRecord, StoreError>
where
    S: TenantStores<Store: EventStore> + TimerStore,
{
    let store = stores.of(&record.tenant_id);
    let mut prepared = PreparedRecord::default();
    for change in &record.changes {
        match change {
            Change::TimerSet(timer) => prepared.timers.push(timer.clone()),
            Change::TimerNeeded(timer) => stores.set_timer(timer).await?,
            Change::Rejected { coupon: None, attempt } => store.count_rejection(attempt).await?,
            change => {
                // Changes after a redemption in the same record are caused by the redemption.
                let redeemed = prepared.events.first().filter(|event| event.kind == EventType::CouponRedeemed);
                let cause = redeemed.map(|event| event.id().clone());
                let event = event_of(&store, &record.tenant_id, change.clone(), numbered).await?;
                let event = event.map(|event| cause.iter().fold(event, Event::caused_by));
                prepared.events.extend(event);
            }
        }
    }
    Ok(prepared)
}
