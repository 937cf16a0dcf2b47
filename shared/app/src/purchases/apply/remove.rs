//! Removes applications from their orders.

use couponflow_domain::kernel::ids::ApplicationId;
use couponflow_domain::purchases::ApplicationOwner;

use crate::kernel::error::StoreError;
use crate::purchases::ports::PurchaseStore;

/// Maximum number of attempts. An attempt fails if the application or its coupon changes concurrently.
const ATTEMPTS: usize = 4;

/// Removes an application from its order and releases its hold. Emits no event. Returns false if the application does
/// not exist, or if `caller` may not remove it.
///
/// # Errors
/// Returns an error if the store fails, or if the application or the coupon keeps changing.
pub async fn remove(
    store: &impl PurchaseStore,
    id: &ApplicationId,
    caller: &ApplicationOwner,
) -> Result<bool, StoreError> {
    let doing = "removing an application";
    for _ in 0..ATTEMPTS {
        let Some(application) = store.application(id).await? else { return Ok(false) };
        if !application.owner.permits_removal_by(caller) {
            return Ok(false);
        }
        let Some(coupon) = store.coupon(&application.coupon_id).await? else {
            return Err(StoreError::damaged(doing, format!("the coupon of application {id} does not exist")));
        };
        if store.remove_application(&application, &coupon).await? {
            return Ok(true);
        }
    }
    Err(StoreError::Busy { doing })
}
