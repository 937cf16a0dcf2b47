//! Changes that a stored item proves without the item before the write. The sweep uses these changes to find events that
//! were not published because the stream record of the change was lost.
//!
//! A change is listed only if its event id follows from the item, so that the sweep recognizes an event that was already
//! published. The item does not show earlier states, such as an earlier price of an application, or a limit that was
//! reached before an edit.

use chrono::{DateTime, Utc};

use super::{ApplicationImage, Change, CouponImage, ExpiryNotice};
use crate::coupons::coupon::{State, Threshold};
use crate::events::event::{CouponSnapshot, Event};
use crate::kernel::correlation_id::CorrelationId;
use crate::kernel::counters::{LimitEpoch, RedemptionNumber};
use crate::kernel::ids::{CouponId, EventId};
use crate::purchases::{Redemption, RejectedAttempt};
use crate::tenants::tenant::TenantId;
use crate::timers::timer::{Purpose, Timer};

/// What exists if the relay has processed a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// Entry of the event in the event log.
    Event(EventId),
    /// Claim of a threshold in a limit epoch by a logged event. The time of the event does not follow from the coupon, so the id of an event
    /// that was published is not known.
    Threshold(CouponId, LimitEpoch, Threshold),
}

/// Change that a stored item proves.
#[derive(Debug, Clone, PartialEq)]
pub struct CommittedChange {
    /// The change, after the timer that it needs.
    pub changes: Vec<Change>,
    /// `None` if the item itself shows that the relay has not processed the change.
    pub evidence: Option<Evidence>,
    /// Id of the event that the sweep publishes. `None` if the change is only counted.
    pub event_id: Option<EventId>,
    pub occurred_at: DateTime<Utc>,
}

impl CommittedChange {
    fn of(event: &Event, changes: Vec<Change>) -> Self {
        let evidence = Some(Evidence::Event(event.id().clone()));
        Self { changes, evidence, event_id: Some(event.id().clone()), occurred_at: event.metadata.occurred_at }
    }
}

/// Returns the changes that a coupon proves, in the order in which they happened: thresholds, the limit, the latest
/// advance notice, and the expiry.
///
/// `has_first_terms` says whether the terms of the coupon were never edited. Only then does the coupon show which redemption
/// reached the limit: the last one, because a coupon at its limit cannot be redeemed. Thresholds are listed only in the first
/// limit epoch: in later epochs they can be reached from the beginning, which is no change.
pub fn committed_by_coupon(tenant: &TenantId, image: &CouponImage, has_first_terms: bool) -> Vec<CommittedChange> {
    let (coupon, boxed) = (|| image.coupon.clone(), || Box::new(image.coupon.clone()));
    let limit_epoch = image.limit_epoch;
    let mut committed = Vec::new();
    if has_first_terms && let Some(at) = image.last_redeemed_at {
        let reached = image.thresholds.iter().filter(|threshold| image.has_reached(**threshold));
        for &threshold in reached.filter(|_| limit_epoch == LimitEpoch::FIRST) {
            let request = image.last_correlation_id.clone();
            let event = Event::coupon_threshold_reached(tenant, coupon(), threshold, limit_epoch, at, request.clone());
            let correlation_id = request;
            let change = Change::ThresholdReached { coupon: boxed(), threshold, limit_epoch, at, correlation_id };
            let claim = Evidence::Threshold(image.coupon.id.clone(), limit_epoch, threshold);
            committed.push(CommittedChange { evidence: Some(claim), ..CommittedChange::of(&event, vec![change]) });
        }
        if image.is_full() {
            let correlation_id = image.last_correlation_id.clone();
            let event = Event::coupon_limit_reached(tenant, coupon(), limit_epoch, at, correlation_id.clone());
            let change = Change::LimitReached { coupon: boxed(), limit_epoch, at, correlation_id };
            committed.push(CommittedChange::of(&event, vec![change]));
        }
    }
    if let Some(ExpiryNotice { lead, expires_at }) = image.last_notice {
        let event = Event::coupon_expiring(tenant, coupon(), lead, expires_at);
        committed.push(CommittedChange::of(&event, vec![Change::Expiring { coupon: boxed(), lead, expires_at }]));
    }
    if image.state == State::Expired
        && let Some(expires_at) = image.coupon.expires_at
    {
        let event = Event::coupon_expired(tenant, coupon(), expires_at);
        committed.push(CommittedChange::of(&event, vec![Change::Expired { coupon: boxed(), expires_at }]));
    }
    committed
}

/// Returns the changes that an application proves, in the order in which they happened: the current price, the latest hold
/// that expired, and the abandonment.
pub fn committed_by_application(image: &ApplicationImage) -> Vec<CommittedChange> {
    let (tenant, application, revision) = (&image.tenant_id, &image.application, image.revision);
    let boxed = || (Box::new(image.coupon.clone()), Box::new(application.clone()), image.correlation_id.clone());
    let mut committed = Vec::new();

    let (coupon, boxed_application, correlation_id) = boxed();
    let event = Event::coupon_applied(tenant, image.coupon.clone(), application, revision, correlation_id.clone());
    let applied = Change::Applied { coupon, application: boxed_application, revision, correlation_id };
    let window = application.abandonment.filter(|_| image.abandoned_at.is_none());
    let timer = window.map(|window| {
        let purpose = Purpose::Abandonment { application_id: application.id.clone() };
        Change::TimerNeeded(Timer { tenant_id: tenant.clone(), due_at: window.timer_at, purpose })
    });
    committed.push(CommittedChange::of(&event, timer.into_iter().chain([applied]).collect()));

    if let Some(expired_at) = image.hold_expired_at {
        let (coupon, boxed_application, correlation_id) = boxed();
        let event =
            Event::coupon_hold_expired(tenant, image.coupon.clone(), application, expired_at, correlation_id.clone());
        let expired = Change::HoldExpired { coupon, application: boxed_application, expired_at, correlation_id };
        committed.push(CommittedChange::of(&event, vec![expired]));
    }
    if let Some(due_at) = image.abandoned_at {
        let (coupon, boxed_application, correlation_id) = boxed();
        let event = Event::coupon_application_abandoned(
            tenant,
            image.coupon.clone(),
            application,
            due_at,
            correlation_id.clone(),
        );
        let abandoned = Change::Abandoned { coupon, application: boxed_application, due_at, correlation_id };
        committed.push(CommittedChange::of(&event, vec![abandoned]));
    }
    committed
}

/// Returns the changes that a redemption with an item of its own proves: the redemption, and its rollback. `coupon` is the
/// current coupon.
pub fn committed_by_redemption(
    tenant: &TenantId,
    coupon: &CouponImage,
    redemption: &Redemption,
) -> Vec<CommittedChange> {
    let (redemption_id, has_abandonment_window) = (redemption.id.clone(), coupon.has_abandonment_window);
    let boxed = || Box::new(coupon.coupon.clone());
    let redeemed = match redemption.redemption_number {
        Some(number) => Change::Redeemed { coupon: boxed(), redemption_id, number, has_abandonment_window },
        None => Change::RedeemedUnnumbered { coupon: boxed(), redemption_id, has_abandonment_window },
    };
    // The id of an event does not depend on the number.
    let number = redemption.redemption_number.unwrap_or(RedemptionNumber::FIRST);
    let event = Event::coupon_redeemed(tenant, coupon.coupon.clone(), redemption, number, None);
    let mut committed = vec![CommittedChange::of(&event, vec![redeemed])];
    if let Some(rollback) = &redemption.rollback {
        let snapshot = coupon.coupon.clone();
        let event = Event::coupon_redemption_rolled_back(tenant, snapshot, redemption, number, rollback.at, None);
        let rolled_back = Change::RolledBack { coupon: boxed(), redemption_id: redemption.id.clone() };
        committed.push(CommittedChange::of(&event, vec![rolled_back]));
    }
    committed
}

/// Returns the change that the item of a unique code proves if the item still contains the redemption.
pub fn committed_by_code(
    tenant: &TenantId,
    coupon: &CouponImage,
    redemption: Redemption,
    correlation_id: Option<CorrelationId>,
) -> CommittedChange {
    let snapshot = coupon.coupon.clone();
    let event = Event::coupon_redeemed(tenant, snapshot, &redemption, RedemptionNumber::FIRST, None);
    let redeemed = Change::CodeRedeemed { redemption: Box::new(redemption), correlation_id };
    CommittedChange { evidence: None, ..CommittedChange::of(&event, vec![redeemed]) }
}

/// Returns the change that a rejected attempt proves. An attempt with a code that belongs to no coupon has no event; the
/// caller leaves out an attempt that is already counted.
pub fn committed_by_rejection(
    tenant: &TenantId,
    coupon: Option<CouponSnapshot>,
    attempt: RejectedAttempt,
) -> CommittedChange {
    let event = coupon.as_ref().map(|coupon| Event::coupon_rejected(tenant, coupon.clone(), &attempt));
    let occurred_at = attempt.at;
    let rejected = Change::Rejected { coupon: coupon.map(Box::new), attempt: Box::new(attempt) };
    let event_id = event.map(|event| event.id().clone());
    CommittedChange { changes: vec![rejected], evidence: event_id.clone().map(Evidence::Event), event_id, occurred_at }
}

#[cfg(test)]
mod tests;
