//! Checks the backup coupon that the terms of a coupon name. A backup coupon can replace a coupon
//! that is used up, paused or expired.

use couponflow_domain::coupons::coupon::State;
use couponflow_domain::kernel::ids::CouponId;
use couponflow_domain::kernel::input::FieldError;

use crate::coupons::ports::CouponStore;
use crate::kernel::error::StoreError;

/// Returns a fault of `/backup_coupon_id` if the backup coupon does not exist or was deleted.
///
/// # Errors
/// Returns an error if the store fails.
pub async fn backup_fault(store: &impl CouponStore, id: &CouponId) -> Result<Option<FieldError>, StoreError> {
    if store.coupon(id).await?.is_some_and(|coupon| coupon.state != State::Deleted) {
        return Ok(None);
    }
    let detail = "must be the id of an existing coupon; create the backup coupon first".to_owned();
    Ok(Some(FieldError { pointer: "/backup_coupon_id".to_owned(), detail }))
}
