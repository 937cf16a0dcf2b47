//! Applying a code: price an order and record it. Consumes nothing; reserves a redemption where a hold is asked for.

use chrono::{DateTime, Utc};
use couponflow_domain::coupon::Coupon;
use couponflow_domain::decision::decide;
use couponflow_domain::event::CouponSnapshot;
use couponflow_domain::ids::ApplicationId;
use couponflow_domain::purchase::{Application, Purchase};
use couponflow_domain::rejection::Rejection;

use crate::error::StoreError;
use crate::ports::{Held, Holds};
use crate::refusal::Refusal;

/// How often it is tried again because the coupon or the application changed in between.
const ATTEMPTS: usize = 4;

/// Decides on the coupon as it is now, and records the application. The stored application is the event: the relay
/// publishes it.
///
/// # Errors
/// Where the store fails or stays too busy; nothing is recorded then.
pub async fn apply(
    store: &impl Holds,
    purchase: Purchase,
    now: DateTime<Utc>,
    correlation_id: &str,
) -> Result<Result<Application, Refusal>, StoreError> {
    let not_found = Ok(Err(Refusal::from(Rejection::CouponNotFound)));
    let Some(id) = store.coupon_of_code(&purchase.code).await? else { return not_found };
    let Some(mut coupon) = store.coupon(&id).await? else { return not_found };
    for _ in 0..ATTEMPTS {
        let own = own_hold(store, &coupon, &purchase, now).await?;
        let seen = if own { coupon.with_hold_returned() } else { coupon.clone() };
        let discount = match decide(&seen, &purchase.order, purchase.customer.as_ref(), now) {
            Ok(discount) => discount,
            Err(rejection) => return Ok(Err(Refusal::of(rejection, &coupon))),
        };
        let application = Application::new(coupon.id.clone(), purchase.clone(), discount, now);
        if application.hold.is_none() {
            let snapshot = CouponSnapshot::from(&coupon);
            return store.record_application(&application, &snapshot, correlation_id).await.map(Ok);
        }
        match store.hold(&application, &coupon, now, correlation_id).await? {
            Held::Now(application) => return Ok(Ok(*application)),
            Held::Refused(current) => coupon = *current,
            Held::Changed => {}
        }
    }
    Err(StoreError::Busy { doing: "holding a redemption of a coupon that keeps changing" })
}

/// Whether the order itself holds a redemption, where it matters: the last ones are held.
async fn own_hold(
    store: &impl Holds,
    coupon: &Coupon,
    purchase: &Purchase,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    if coupon.held == 0 || coupon.remaining.is_none_or(|remaining| remaining > 0) {
        return Ok(false);
    }
    let application = store.application_for_order(&coupon.id, &purchase.order.id).await?;
    Ok(application.is_some_and(|application| application.running_hold(now).is_some()))
}

/// Takes a code off an order: removes the application and gives back what it holds. Fires nothing. False where there is
/// no such application.
///
/// # Errors
/// Where the store fails or stays too busy.
pub async fn remove(store: &impl Holds, id: &ApplicationId) -> Result<bool, StoreError> {
    let doing = "removing an application";
    for _ in 0..ATTEMPTS {
        let Some(application) = store.application(id).await? else { return Ok(false) };
        let Some(coupon) = store.coupon(&application.coupon_id).await? else {
            return Err(StoreError::Damaged { doing, detail: format!("application {id} is of a coupon that is gone") });
        };
        if store.remove_application(&application, &coupon).await? {
            return Ok(true);
        }
    }
    Err(StoreError::Busy { doing })
}
