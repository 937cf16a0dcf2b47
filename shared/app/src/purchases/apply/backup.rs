//! The backup coupon that apply offers instead of a coupon that is no longer available.

use chrono::{DateTime, Utc};
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::purchases::decision::check_available;
use couponflow_domain::purchases::rejection::Rejection;

use crate::coupons::ports::CouponStore;
use crate::kernel::error::StoreError;

/// Returns the code of the backup coupon, if all of these conditions hold:
///
/// - The coupon was rejected as used up, paused or expired.
/// - The terms of the coupon offer the backup coupon.
/// - The backup coupon is available.
pub(super) async fn backup_of(
    store: &impl CouponStore,
    coupon: &Coupon,
    rejection: Rejection,
    now: DateTime<Utc>,
) -> Result<Option<CouponCode>, StoreError> {
    let is_offered = rejection.is_of_unavailable_coupon() && coupon.terms.offer_backup;
    let Some(backup) = coupon.terms.backup_coupon_id.as_ref().filter(|_| is_offered) else {
        return Ok(None);
    };
    let backup = store.coupon(backup).await?;
    let usable = backup.filter(|backup| backup.accepts_own_code() && check_available(backup, now).is_ok());
    Ok(usable.map(|backup| backup.terms.code))
}
