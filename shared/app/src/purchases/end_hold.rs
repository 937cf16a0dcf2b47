//! Ends holds at their due time.

use couponflow_domain::kernel::ids::{ApplicationId, CouponId};
use couponflow_domain::purchases::Application;
use couponflow_domain::timers::timer::Timer;

use crate::kernel::error::StoreError;
use crate::purchases::ports::PurchaseStore;

/// Maximum number of attempts. An attempt can conflict if the coupon changes.
const ATTEMPTS: usize = 4;

/// Ends a hold at its due time. Retries if the coupon changes concurrently. Returns false if the
/// hold was already ended or was extended.
///
/// # Errors
/// Returns an error if the store fails, or if the coupon keeps changing.
pub(crate) async fn end_hold(
    store: &impl PurchaseStore,
    coupon_id: &CouponId,
    application_id: &ApplicationId,
    timer: &Timer,
) -> Result<bool, StoreError> {
    for _ in 0..ATTEMPTS {
        let application = store.application(application_id).await?;
        let ends_now = |application: &Application| application.hold.is_some_and(|h| h.expires_at == timer.due_at);
        let (Some(application), Some(coupon)) = (application.filter(ends_now), store.coupon(coupon_id).await?) else {
            return Ok(false);
        };
        if store.expire_hold(&application, &coupon, timer, was_redeemed(store, &application).await?).await? {
            return Ok(true);
        }
    }
    Err(StoreError::Busy { doing: "ending a hold of a coupon that keeps changing" })
}

/// Whether the order of an application was redeemed with its code.
async fn was_redeemed(store: &impl PurchaseStore, application: &Application) -> Result<bool, StoreError> {
    let redemption = match application.is_unique_code {
        true => store.redemption_of_code(&application.code).await?,
        false => store.redemption_for_order(&application.coupon_id, &application.order.id).await?,
    };
    Ok(redemption.is_some_and(|redemption| redemption.order.id == application.order.id))
}
