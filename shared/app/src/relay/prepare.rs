//! Preparing records: from changes to events and timers.

use std::collections::{BTreeMap, HashMap};

use couponflow_domain::event::{Event, EventType};
use couponflow_domain::ids::RedemptionId;
use couponflow_domain::purchase::Redemption;
use couponflow_domain::tenant::TenantId;
use couponflow_domain::timer::Timer;
use futures_util::stream::{self, StreamExt as _};

use super::{CONCURRENCY, Change, Record};
use crate::error::StoreError;
use crate::guard::{guarded, isolated};
use crate::ports::{NumberedRedemption, RelayStore, SetTimers as _, TenantStores};

const NUMBERING: &str = "numbering redemptions of unique codes";

/// Events to publish and timers to send for a record.
#[derive(Debug, Default)]
pub(super) struct PreparedRecord {
    pub(super) events: Vec<Event>,
    pub(super) timers: Vec<Timer>,
}

/// Prepares all records: those of one subject in order, because later changes build on earlier ones, and the subjects
/// concurrently. Returns one result per record, in order.
pub(super) async fn prepare_all<S>(stores: &S, records: &[Record]) -> Vec<Result<PreparedRecord, StoreError>>
where
    S: TenantStores<Store: RelayStore>,
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

/// Outcome of numbering each redemption of a unique code.
type Numbered = HashMap<RedemptionId, Result<NumberedRedemption, StoreError>>;

/// Numbers the redemptions of unique codes of one coupon together. A corrupt redemption fails alone.
async fn number_codes<'a, S>(stores: &S, records: impl Iterator<Item = &'a Record>) -> Numbered
where
    S: TenantStores<Store: RelayStore>,
{
    let mut store = None;
    let mut redeemed: Vec<(Redemption, Option<String>)> = Vec::new();
    for record in records {
        for change in &record.changes {
            if let Change::CodeRedeemed { redemption, correlation_id } = change {
                store.get_or_insert_with(|| stores.of(&record.tenant_id));
                redeemed.push((Redemption::clone(redemption), correlation_id.clone()));
            }
        }
    }
    let (Some(store), Some((first, _))) = (store, redeemed.first()) else { return Numbered::new() };
    let coupon_id = first.coupon_id.clone();
    let number = async |part: &[_]| store.number_code_redemptions(&coupon_id, part).await;
    let mut numbered = Numbered::new();
    for (part, outcome) in isolated(&redeemed, NUMBERING, number).await {
        match outcome {
            Ok(outcome) => numbered.extend(outcome.into_iter().map(|one| (one.redemption.id.clone(), Ok(one)))),
            Err(error) => {
                let ids = redeemed[part].iter().map(|(redemption, _)| redemption.id.clone());
                numbered.extend(ids.map(|id| (id, Err(error.clone()))));
            }
        }
    }
    numbered
}

async fn prepare<S>(stores: &S, record: &Record, numbered: &Numbered) -> Result<PreparedRecord, StoreError>
where
    S: TenantStores<Store: RelayStore>,
{
    let store = stores.of(&record.tenant_id);
    let mut prepared = PreparedRecord::default();
    for change in &record.changes {
        match change {
            Change::TimerSet(timer) => prepared.timers.push(timer.clone()),
            Change::TimerNeeded(timer) => store.set_timer(timer).await?,
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

async fn event_of(
    store: &impl RelayStore,
    tenant: &TenantId,
    change: Change,
    numbered: &Numbered,
) -> Result<Option<Event>, StoreError> {
    Ok(Some(match change {
        Change::TimerSet(_) | Change::TimerNeeded(_) | Change::Rejected { coupon: None, .. } => return Ok(None),
        Change::Applied { coupon, application, revision, correlation_id } => {
            Event::coupon_applied(tenant, *coupon, &application, revision, correlation_id)
        }
        Change::HoldExpired { coupon, application, expired_at, correlation_id } => {
            Event::coupon_hold_expired(tenant, *coupon, &application, expired_at, correlation_id)
        }
        Change::Abandoned { coupon, application, due_at, correlation_id } => {
            Event::coupon_application_abandoned(tenant, *coupon, &application, due_at, correlation_id)
        }
        Change::Rejected { coupon: Some(coupon), attempt } => Event::coupon_rejected(tenant, *coupon, &attempt),
        Change::Redeemed { coupon, redemption_id, number, has_abandonment_window } => {
            let (redemption, correlation_id) = store.number_redemption(&redemption_id, number).await?;
            if let Some(customer) = redemption.customer.as_ref().filter(|_| has_abandonment_window) {
                store.record_last_redemption(&coupon.id, customer, redemption.created_at).await?;
            }
            Event::coupon_redeemed(tenant, *coupon, &redemption, number, correlation_id)
        }
        Change::CodeRedeemed { redemption, correlation_id } => {
            let unknown = || {
                let detail = format!("redemption {} does not belong to the coupon that is numbered", redemption.id);
                StoreError::Damaged { doing: NUMBERING, detail }
            };
            let NumberedRedemption { coupon, redemption, number, has_abandonment_window } =
                numbered.get(&redemption.id).ok_or_else(unknown)?.as_ref().map_err(StoreError::clone)?;
            if let Some(customer) = redemption.customer.as_ref().filter(|_| *has_abandonment_window) {
                store.record_last_redemption(&coupon.id, customer, redemption.created_at).await?;
            }
            Event::coupon_redeemed(tenant, coupon.clone(), redemption, *number, correlation_id)
        }
        Change::RolledBack { coupon, redemption_id } => {
            let (redemption, correlation_id) = store.rolled_back_redemption(&redemption_id).await?;
            let (Some(number), Some(rollback)) = (redemption.redemption_number, redemption.rollback) else {
                let detail = format!("redemption {redemption_id} was rolled back before it was numbered");
                return Err(StoreError::Damaged { doing: "relaying a rollback", detail });
            };
            Event::coupon_redemption_rolled_back(tenant, *coupon, &redemption, number, rollback.at, correlation_id)
        }
        Change::LimitReached { coupon, limit_epoch, at, correlation_id } => {
            Event::coupon_limit_reached(tenant, *coupon, limit_epoch, at, correlation_id)
        }
        Change::ThresholdReached { coupon, threshold, limit_epoch, at, correlation_id } => {
            let event = Event::coupon_threshold_reached(tenant, *coupon, threshold, limit_epoch, at, correlation_id);
            if !store.claim_threshold(threshold, limit_epoch, &event).await? {
                return Ok(None);
            }
            event
        }
        Change::Expiring { coupon, lead, expires_at } => Event::coupon_expiring(tenant, *coupon, lead, expires_at),
        Change::Expired { coupon, expires_at } => Event::coupon_expired(tenant, *coupon, expires_at),
    }))
}
