//! Rolling back redemptions, idempotently.

use chrono::{DateTime, Utc};
use couponflow_domain::coupons::coupon::RollbackReason;
use couponflow_domain::kernel::ids::RedemptionId;
use couponflow_domain::purchases::{Redemption, Rollback};

use crate::kernel::error::StoreError;
use crate::purchases::ports::{RollbackOutcome, Rollbacks};

/// Retry budget for conflicts: concurrent redemptions may take the coupon to its limit or away from it.
const ATTEMPTS: usize = 8;

/// Rolls back a redemption. A no-op if it is rolled back already, whatever the reason. The coupon's release policy
/// decides whether the redemption becomes available again; it never does once the coupon is expired or deleted. The
/// rollback is recorded in any case. Returns `None` if the redemption does not exist.
///
/// # Errors
/// If the store fails or stays too busy.
pub async fn roll_back(
    store: &impl Rollbacks,
    id: &RedemptionId,
    reason: RollbackReason,
    now: DateTime<Utc>,
    correlation_id: &str,
) -> Result<Option<Redemption>, StoreError> {
    let doing = "rolling back a redemption";
    for _ in 0..ATTEMPTS {
        let Some(redemption) = store.redemption(id).await? else { return Ok(None) };
        if redemption.rollback.is_some() {
            return Ok(Some(redemption));
        }
        let Some(coupon) = store.coupon(&redemption.coupon_id).await? else {
            let detail = format!("coupon {} of redemption {id} does not exist", redemption.coupon_id);
            return Err(StoreError::Damaged { doing, detail });
        };
        let rollback = Rollback::new(&coupon, reason, now);
        match store.roll_back(&redemption, rollback, &coupon, correlation_id).await? {
            RollbackOutcome::Now => return Ok(Some(Redemption { rollback: Some(rollback), ..redemption })),
            RollbackOutcome::Changed => {}
        }
    }
    Err(StoreError::Busy { doing })
}
