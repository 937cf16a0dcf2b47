//! From committed changes to the bus.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use couponflow_domain::event::{CouponSnapshot, Event};
use couponflow_domain::ids::RedemptionId;
use couponflow_domain::purchase::Application;
use couponflow_domain::tenant::TenantId;
use couponflow_domain::timer::Timer;
use futures_util::future::join;
use futures_util::stream::{self, StreamExt as _};

use crate::error::StoreError;
use crate::ports::{EventBus, RelayStore, TenantStores, TimerQueue};

/// Something that a write did and the world must hear of.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// An application was recorded, or changed its price.
    Applied {
        /// The coupon as it was then.
        coupon: Box<CouponSnapshot>,
        /// The application.
        application: Box<Application>,
        /// Counts its prices, from 1.
        revision: i64,
        /// The request.
        correlation_id: Option<String>,
    },
    /// A hold ran out.
    HoldExpired {
        /// The coupon as it was when the code was applied.
        coupon: Box<CouponSnapshot>,
        /// The application.
        application: Box<Application>,
        /// When.
        expired_at: DateTime<Utc>,
        /// The request that began it.
        correlation_id: Option<String>,
    },
    /// A redemption was counted.
    Redeemed {
        /// The coupon right after.
        coupon: Box<CouponSnapshot>,
        /// The redemption.
        redemption_id: RedemptionId,
        /// Which one it is.
        number: i64,
    },
    /// A redemption was given back.
    RolledBack {
        /// The coupon right after.
        coupon: Box<CouponSnapshot>,
        /// The redemption.
        redemption_id: RedemptionId,
    },
    /// The count reached the limit.
    LimitReached {
        /// The coupon right after.
        coupon: Box<CouponSnapshot>,
        /// The limit epoch that ended.
        limit_epoch: i64,
        /// When.
        at: DateTime<Utc>,
        /// The request of the last redemption.
        correlation_id: Option<String>,
    },
    /// A coupon went from active to expired.
    Expired {
        /// The coupon right after.
        coupon: Box<CouponSnapshot>,
        /// The instant.
        expires_at: DateTime<Utc>,
    },
    /// A timer was set.
    TimerSet(Timer),
}

/// One stream record's changes, of one tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Whose.
    pub tenant_id: TenantId,
    /// In the order they follow from one another.
    pub changes: Vec<Change>,
}

impl Record {
    /// What its changes are about, as far as their order matters.
    fn subject(&self) -> String {
        let subject = self.changes.iter().map(|change| match change {
            Change::Applied { application, .. } | Change::HoldExpired { application, .. } => {
                application.id.key().to_owned()
            }
            Change::Redeemed { coupon, .. }
            | Change::RolledBack { coupon, .. }
            | Change::LimitReached { coupon, .. }
            | Change::Expired { coupon, .. } => coupon.id.as_str().to_owned(),
            Change::TimerSet(timer) => timer.key(),
        });
        subject.take(1).collect()
    }
}

/// How many records are prepared at once.
const CONCURRENCY: usize = 16;

/// Relays records: logs and publishes their events, and sends the timers that the scan would come too late for.
///
/// Answers for each record, in order. A record that failed, or was relayed before, can be relayed again without harm:
/// its events have the same ids.
pub async fn relay<S>(
    stores: &S,
    outside: &(impl EventBus + TimerQueue),
    records: &[Record],
    now: DateTime<Utc>,
) -> Vec<Result<(), StoreError>>
where
    S: TenantStores<Store: RelayStore>,
{
    let mut outcomes: Vec<Result<(), StoreError>> = Vec::with_capacity(records.len());
    let (mut events, mut timers) = (Sourced::default(), Sourced::default());
    let prepared = prepare_all(stores, records).await;
    for (i, prepared) in prepared.into_iter().enumerate() {
        outcomes.push(prepared.map(|prepared| {
            events.extend(i, prepared.events);
            timers.extend(i, prepared.timers.into_iter().filter(|timer| timer.is_near(now)));
        }));
    }
    let (published, sent) = join(outside.publish(&events.items), outside.send_timers(&timers.items)).await;
    let failed = events.of.into_iter().zip(published).chain(timers.of.into_iter().zip(sent));
    for (i, failure) in failed.filter_map(|(i, result)| Some((i, result.err()?))) {
        outcomes[i] = Err(failure);
    }
    outcomes
}

/// Things, each with the place of the record it came from.
struct Sourced<T> {
    items: Vec<T>,
    of: Vec<usize>,
}

impl<T> Default for Sourced<T> {
    fn default() -> Self {
        Self { items: Vec::new(), of: Vec::new() }
    }
}

impl<T> Sourced<T> {
    fn extend(&mut self, source: usize, items: impl IntoIterator<Item = T>) {
        self.items.extend(items);
        self.of.resize(self.items.len(), source);
    }
}

struct Prepared {
    events: Vec<Event>,
    timers: Vec<Timer>,
}

/// Prepares the records of each coupon one after the other, since what happened to it builds on what happened before,
/// and coupons beside one another. Answers in the order of the records.
async fn prepare_all<S>(stores: &S, records: &[Record]) -> Vec<Result<Prepared, StoreError>>
where
    S: TenantStores<Store: RelayStore>,
{
    let mut by_subject: BTreeMap<(&TenantId, String), Vec<usize>> = BTreeMap::new();
    for (i, record) in records.iter().enumerate() {
        by_subject.entry((&record.tenant_id, record.subject())).or_default().push(i);
    }
    let subjects = by_subject.into_values().map(async |places| {
        let mut prepared = Vec::with_capacity(places.len());
        for i in places {
            prepared.push((i, prepare(stores, &records[i]).await));
        }
        prepared
    });
    let prepared: Vec<_> = stream::iter(subjects).buffer_unordered(CONCURRENCY).collect().await;
    let mut prepared: Vec<_> = prepared.into_iter().flatten().collect();
    prepared.sort_by_key(|(i, _)| *i);
    prepared.into_iter().map(|(_, prepared)| prepared).collect()
}

async fn prepare<S>(stores: &S, record: &Record) -> Result<Prepared, StoreError>
where
    S: TenantStores<Store: RelayStore>,
{
    let store = stores.of(&record.tenant_id);
    let mut prepared = Prepared { events: Vec::new(), timers: Vec::new() };
    for change in &record.changes {
        match change {
            Change::TimerSet(timer) => prepared.timers.push(timer.clone()),
            change => prepared.events.extend(event_of(&store, &record.tenant_id, change).await?),
        }
    }
    for event in &prepared.events {
        store.log_event(event).await?;
    }
    Ok(prepared)
}

async fn event_of(store: &impl RelayStore, tenant: &TenantId, change: &Change) -> Result<Option<Event>, StoreError> {
    Ok(Some(match change.clone() {
        Change::TimerSet(_) => return Ok(None),
        Change::Applied { coupon, application, revision, correlation_id } => {
            Event::coupon_applied(tenant, *coupon, &application, revision, correlation_id)
        }
        Change::HoldExpired { coupon, application, expired_at, correlation_id } => {
            Event::coupon_hold_expired(tenant, *coupon, &application, expired_at, correlation_id)
        }
        Change::Redeemed { coupon, redemption_id, number } => {
            let (redemption, correlation_id) = store.number_redemption(&redemption_id, number).await?;
            Event::coupon_redeemed(tenant, *coupon, &redemption, number, correlation_id)
        }
        Change::RolledBack { coupon, redemption_id } => {
            let (redemption, correlation_id) = store.rolled_back_redemption(&redemption_id).await?;
            let (Some(number), Some(rollback)) = (redemption.redemption_number, redemption.rollback) else {
                let detail = format!("redemption {redemption_id} was given back before it was numbered");
                return Err(StoreError::Damaged { doing: "relaying a rollback", detail });
            };
            Event::coupon_redemption_rolled_back(tenant, *coupon, &redemption, number, rollback.at, correlation_id)
        }
        Change::LimitReached { coupon, limit_epoch, at, correlation_id } => {
            Event::coupon_limit_reached(tenant, *coupon, limit_epoch, at, correlation_id)
        }
        Change::Expired { coupon, expires_at } => Event::coupon_expired(tenant, *coupon, expires_at),
    }))
}
