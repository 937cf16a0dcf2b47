//! Applying a code: price an order and record it. Consumes nothing.

use chrono::{DateTime, Utc};
use couponflow_domain::decision::decide;
use couponflow_domain::event::CouponSnapshot;
use couponflow_domain::purchase::{Application, Purchase};
use couponflow_domain::rejection::Rejection;

use crate::error::StoreError;
use crate::ports::{Applications, ReadCoupons};

/// Decides on the coupon as it is now, and records the application. The stored application is the event: the relay
/// publishes it.
///
/// # Errors
/// Where the store fails; nothing is recorded then.
pub async fn apply(
    store: &(impl ReadCoupons + Applications),
    purchase: Purchase,
    now: DateTime<Utc>,
    correlation_id: &str,
) -> Result<Result<Application, Rejection>, StoreError> {
    let Some(id) = store.coupon_of_code(&purchase.code).await? else { return Ok(Err(Rejection::CouponNotFound)) };
    let Some(coupon) = store.coupon(&id).await? else { return Ok(Err(Rejection::CouponNotFound)) };
    let discount = match decide(&coupon, &purchase.order, purchase.customer.as_ref(), now) {
        Ok(discount) => discount,
        Err(rejection) => return Ok(Err(rejection)),
    };
    let application = Application::new(coupon.id.clone(), purchase, discount, now);
    store.record_application(&application, &CouponSnapshot::from(&coupon), correlation_id).await.map(Ok)
}
