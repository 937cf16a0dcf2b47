//! Ends abandonment windows at their due time.

use chrono::{DateTime, Utc};
use couponflow_domain::kernel::ids::ApplicationId;
use couponflow_domain::purchases::{AbandonmentTimer, Application};
use couponflow_domain::timers::timer::Timer;

use crate::contacts::ports::ContactStore;
use crate::kernel::error::StoreError;
use crate::purchases::ports::PurchaseStore;

/// Maximum number of attempts. An attempt can conflict if the window restarts.
const ATTEMPTS: usize = 4;

/// Ends an abandonment window whose timer has fired: marks the application as abandoned, or sets the timer again if the
/// window restarted. Returns false if there is nothing left to do.
///
/// # Errors
/// Returns an error if the store fails, or if the application keeps changing.
pub(crate) async fn end_window(
    store: &(impl ContactStore + PurchaseStore),
    application_id: &ApplicationId,
    timer: &Timer,
) -> Result<bool, StoreError> {
    let mut before = None;
    for _ in 0..ATTEMPTS {
        let Some(application) = store.application(application_id).await? else { return Ok(false) };
        let Some(window) = application.abandonment else { return Ok(false) };
        // The previous write failed although the application is unchanged. Therefore the order was
        // redeemed.
        if before.as_ref() == Some(&application) {
            return Ok(false);
        }
        let is_done = match window.at_timer(timer.due_at) {
            AbandonmentTimer::Stale => return Ok(false),
            AbandonmentTimer::Early => store.rearm_abandonment(&application, timer).await?,
            AbandonmentTimer::Due if redeemed_since(store, &application, window.active_at).await? => return Ok(false),
            AbandonmentTimer::Due => store.abandon(&application, timer).await?,
        };
        if is_done {
            return Ok(true);
        }
        before = Some(application);
    }
    Err(StoreError::Busy { doing: "ending the abandonment window of an application that keeps changing" })
}

/// Whether the customer of an application has redeemed the coupon since `since`. Includes
/// redemptions for other orders and redemptions under other identities (e-mail address, customer
/// id) of the customer's contact.
async fn redeemed_since(
    store: &(impl ContactStore + PurchaseStore),
    application: &Application,
    since: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let Some(customer) = &application.customer else { return Ok(false) };
    let contact = store.contact_of(customer).await?;
    let customer = contact.map_or_else(|| customer.clone(), |contact| contact.merge_customer(Some(customer)));
    store.has_redeemed_since(&application.coupon_id, &customer, since).await
}
