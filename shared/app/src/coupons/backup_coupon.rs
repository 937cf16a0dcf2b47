//! The backup coupon that the terms of a coupon name.

use couponflow_domain::coupons::coupon::State;
use couponflow_domain::kernel::ids::CouponId;
use couponflow_domain::kernel::input::FieldError;

use crate::coupons::ports::ReadCoupons;
use crate::kernel::error::StoreError;

/// Checks that a backup coupon exists and is not deleted. Returns the fault of `/backup_coupon_id` if it does not.
///
/// # Errors
/// If the store fails.
pub async fn backup_fault(store: &impl ReadCoupons, id: &CouponId) -> Result<Option<FieldError>, StoreError> {
    if store.coupon(id).await?.is_some_and(|coupon| coupon.state != State::Deleted) {
        return Ok(None);
    }
    let detail = "must be the id of an existing coupon; create the backup coupon first".to_owned();
    Ok(Some(FieldError { pointer: "/backup_coupon_id".to_owned(), detail }))
}
