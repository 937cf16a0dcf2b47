//! Rolls back redemptions. Idempotent.

use chrono::{DateTime, Utc};
use couponflow_domain::coupons::coupon::RollbackReason;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::ids::RedemptionId;
use couponflow_domain::purchases::{Redemption, Rollback};

use crate::kernel::error::StoreError;
use crate::purchases::numbered_redemption::numbered;
use crate::purchases::ports::{PurchaseStore, RollbackOutcome};

/// Maximum number of attempts. An attempt conflicts if a concurrent write makes the coupon reach or leave its limit.
const ATTEMPTS: usize = 8;

/// Rolls back a redemption. A no-op if the redemption is already rolled back, even if the earlier
/// reason differs. The coupon's release policy decides whether the redemption becomes available
/// again. A redemption of an expired or deleted coupon never becomes available again, but its
/// rollback is recorded. Returns `None` if the redemption does not exist.
///
/// # Errors
/// Returns an error if the store fails, or if every attempt conflicts with a concurrent write.
pub async fn roll_back(
    store: &impl PurchaseStore,
    id: &RedemptionId,
    reason: RollbackReason,
    now: DateTime<Utc>,
    correlation_id: &CorrelationId,
) -> Result<Option<Redemption>, StoreError> {
    let doing = "rolling back a redemption";
    for _ in 0..ATTEMPTS {
        let Some(redemption) = store.redemption(id).await? else { return Ok(None) };
        if redemption.rollback.is_some() {
            return Ok(Some(redemption));
        }
        let Some(coupon) = store.coupon(&redemption.coupon_id).await? else {
            let detail = format!("coupon {} of redemption {id} does not exist", redemption.coupon_id);
            return Err(StoreError::damaged(doing, detail));
        };
        let rollback = Rollback::new(&coupon, reason, now);
        match store.roll_back(&redemption, rollback, &coupon, correlation_id).await? {
            RollbackOutcome::RolledBack => return Ok(Some(Redemption { rollback: Some(rollback), ..redemption })),
            RollbackOutcome::Changed => {}
        }
    }
    Err(StoreError::Busy { doing })
}

/// Rolls back a redemption like [`roll_back`], after the relay has numbered it. The relay must count a redemption of a
/// unique code before the redemption can be rolled back. Therefore waits up to three seconds for the relay to number a
/// redemption that was just committed.
///
/// # Errors
/// Returns an error like [`roll_back`].
pub async fn roll_back_when_numbered(
    store: &impl PurchaseStore,
    id: &RedemptionId,
    reason: RollbackReason,
    now: DateTime<Utc>,
    correlation_id: &CorrelationId,
) -> Result<Option<Redemption>, StoreError> {
    match numbered(store, id).await? {
        None => Ok(None),
        Some(_) => roll_back(store, id, reason, now, correlation_id).await,
    }
}
