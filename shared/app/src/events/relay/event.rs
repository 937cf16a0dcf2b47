//! Builds the event of a change.

use couponflow_domain::events::event::{CouponSnapshot, Event};
use couponflow_domain::events::outbox::Change;
use couponflow_domain::tenants::tenant::TenantId;

use super::groundwork::Groundwork;
use crate::events::ports::{EventStore, NumberedRedemption};
use crate::kernel::error::StoreError;

/// Returns the coupon event of a change. Returns `None` if the change needs none. Also claims a threshold that was reached.
///
/// # Errors
/// Returns an error if the store fails, or if the stored items contradict the change.
pub(super) async fn event_of(
    store: &impl EventStore,
    tenant: &TenantId,
    change: &Change,
    groundwork: &Groundwork,
) -> Result<Option<Event>, StoreError> {
    Ok(Some(match change {
        Change::TimerSet(_)
        | Change::TimerNeeded(_)
        | Change::ContactErased { .. }
        | Change::Rejected { coupon: None, .. } => return Ok(None),
        Change::Applied { coupon, application, revision, correlation_id } => {
            Event::coupon_applied(tenant, copied(coupon), application, *revision, correlation_id.clone())
        }
        Change::HoldExpired { coupon, application, expired_at, correlation_id } => {
            Event::coupon_hold_expired(tenant, copied(coupon), application, *expired_at, correlation_id.clone())
        }
        Change::Abandoned { coupon, application, due_at, correlation_id } => {
            Event::coupon_application_abandoned(tenant, copied(coupon), application, *due_at, correlation_id.clone())
        }
        Change::Rejected { coupon: Some(coupon), attempt } => Event::coupon_rejected(tenant, copied(coupon), attempt),
        Change::Redeemed { coupon, redemption_id, number, has_abandonment_window: _ } => {
            let (redemption, correlation_id) = groundwork.redemption(redemption_id)?;
            // A redemption whose record arrives after the sweep has numbered it keeps the number of the sweep.
            let number = redemption.redemption_number.unwrap_or(*number);
            Event::coupon_redeemed(tenant, copied(coupon), &redemption, number, correlation_id)
        }
        Change::RedeemedUnnumbered { coupon, redemption_id, has_abandonment_window: _ } => {
            let (redemption, correlation_id) = groundwork.redemption(redemption_id)?;
            let doing = "publishing a redemption whose stream record was lost";
            let missing = || StoreError::damaged(doing, format!("redemption {redemption_id} has no number"));
            let number = redemption.redemption_number.ok_or_else(missing)?;
            Event::coupon_redeemed(tenant, copied(coupon), &redemption, number, correlation_id)
        }
        Change::CodeRedeemed { redemption, correlation_id } => {
            let NumberedRedemption { coupon, redemption, number, .. } = groundwork.code(&redemption.id)?;
            Event::coupon_redeemed(tenant, coupon, &redemption, number, correlation_id.clone())
        }
        Change::RolledBack { coupon, redemption_id } => {
            let (redemption, correlation_id) = store.rolled_back_redemption(redemption_id).await?;
            let doing = "relaying a rollback";
            let Some(rollback) = redemption.rollback else {
                return Err(StoreError::damaged(doing, format!("redemption {redemption_id} was not rolled back")));
            };
            // The record of the redemption can have been deferred, and then assigns the number later.
            let number = redemption.redemption_number.ok_or(StoreError::OutOfOrder { doing })?;
            Event::coupon_redemption_rolled_back(
                tenant,
                copied(coupon),
                &redemption,
                number,
                rollback.at,
                correlation_id,
            )
        }
        Change::LimitReached { coupon, limit_epoch, at, correlation_id } => {
            Event::coupon_limit_reached(tenant, copied(coupon), *limit_epoch, *at, correlation_id.clone())
        }
        Change::ThresholdReached { coupon, threshold, limit_epoch, at, correlation_id } => {
            let (coupon, correlation_id) = (copied(coupon), correlation_id.clone());
            let event = Event::coupon_threshold_reached(tenant, coupon, *threshold, *limit_epoch, *at, correlation_id);
            if !store.claim_threshold(*threshold, *limit_epoch, &event).await? {
                return Ok(None);
            }
            event
        }
        Change::Expiring { coupon, lead, expires_at } => {
            Event::coupon_expiring(tenant, copied(coupon), *lead, *expires_at)
        }
        Change::Expired { coupon, expires_at } => Event::coupon_expired(tenant, copied(coupon), *expires_at),
    }))
}

/// Copies the coupon of a change for its event. The rest of the change, such as an order with many lines, is borrowed.
fn copied(coupon: &CouponSnapshot) -> CouponSnapshot {
    coupon.clone()
}
