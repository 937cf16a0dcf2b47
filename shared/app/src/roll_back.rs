//! Rolling back: give a redemption back, once, however often it is reported.

use chrono::{DateTime, Utc};
use couponflow_domain::ids::RedemptionId;
use couponflow_domain::purchase::{Redemption, Rollback, RollbackReason};

use crate::error::StoreError;
use crate::ports::{Rollbacks, RolledBack};

/// How often it is tried again because the coupon or the redemption changed in between: a coupon that others redeem may
/// become full or stop being so.
const ATTEMPTS: usize = 8;

/// Gives a redemption back. One that was given back before is answered as it is, whatever the reason now. Whether it may
/// be redeemed again is the coupon's release policy, and nothing once the coupon is over; that it was given back is recorded
/// in any case.
///
/// # Errors
/// Where the store fails or stays too busy. None where there is no such redemption.
pub async fn roll_back(
    store: &impl Rollbacks,
    id: &RedemptionId,
    reason: RollbackReason,
    now: DateTime<Utc>,
    correlation_id: &str,
) -> Result<Option<Redemption>, StoreError> {
    let doing = "rolling a redemption back";
    for _ in 0..ATTEMPTS {
        let Some(redemption) = store.redemption(id).await? else { return Ok(None) };
        if redemption.rollback.is_some() {
            return Ok(Some(redemption));
        }
        let Some(coupon) = store.coupon(&redemption.coupon_id).await? else {
            let detail = format!("redemption {id} is of coupon {}, which is gone", redemption.coupon_id);
            return Err(StoreError::Damaged { doing, detail });
        };
        let rollback = Rollback::new(&coupon, reason, now);
        match store.roll_back(&redemption, rollback, &coupon, correlation_id).await? {
            RolledBack::Now => return Ok(Some(Redemption { rollback: Some(rollback), ..redemption })),
            RolledBack::Changed => {}
        }
    }
    Err(StoreError::Busy { doing })
}
