//! Cache of coupons that lives as long as the function instance.
//!
//! A cached coupon can be stale. A redemption uses only the terms of the cached coupon. The write
//! of the redemption succeeds only if the coupon still has the cached version. No rejection is
//! based on a cached coupon.
//!
//! For unique codes, a cached coupon is used for at most one second. If the coupon has no limits,
//! the redemption of a unique code writes only the item of the code, and therefore cannot check the
//! version of the coupon.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::kernel::ids::CouponId;
use couponflow_domain::tenants::tenant::TenantId;

use crate::kernel::byte_cache::{ByteCache, estimated_bytes};

/// Maximum size of the coupons in each map, in bytes. A function instance has 256 MB. A coupon with a few terms has about
/// 3 kB, and a coupon with as many terms as possible about 200 kB.
const MAX_BYTES: usize = 32 << 20;

/// Maximum age of the cached terms with which a unique code is redeemed. A pause or an edit of the
/// coupon takes effect for unique codes within this time.
pub const MAX_RECENT_AGE: TimeDelta = TimeDelta::seconds(1);

/// Cached coupons in two maps: by tenant and shared code, and by tenant and coupon id.
#[derive(Debug, Default)]
pub struct CouponCache {
    by_code: ByteCache<(TenantId, CouponCode), Arc<Coupon>, MAX_BYTES>,
    recent: ByteCache<(TenantId, CouponId), (Arc<Coupon>, DateTime<Utc>), MAX_BYTES>,
}

impl CouponCache {
    /// Returns the cached coupon of a shared code, which can be stale.
    pub fn get(&self, tenant: &TenantId, code: &CouponCode) -> Option<Arc<Coupon>> {
        self.by_code.get(&(tenant.clone(), code.clone()))
    }

    /// Caches a coupon under its shared code.
    pub fn put(&self, tenant: &TenantId, coupon: Arc<Coupon>) {
        let bytes = bytes(&coupon);
        self.by_code.put((tenant.clone(), coupon.terms.code.clone()), coupon, bytes);
    }

    /// Removes a code from the cache.
    pub fn forget(&self, tenant: &TenantId, code: &CouponCode) {
        self.by_code.forget(&(tenant.clone(), code.clone()));
    }

    /// Returns the cached coupon with this id, if the coupon was read less than [`MAX_RECENT_AGE`] before `now`.
    pub fn recent(&self, tenant: &TenantId, id: &CouponId, now: DateTime<Utc>) -> Option<Arc<Coupon>> {
        let remembered = self.recent.get(&(tenant.clone(), id.clone()));
        remembered.filter(|(_, seen_at)| (*seen_at..*seen_at + MAX_RECENT_AGE).contains(&now)).map(|(coupon, _)| coupon)
    }

    /// Caches a coupon that was read at `now`.
    pub fn put_recent(&self, tenant: &TenantId, coupon: Arc<Coupon>, now: DateTime<Utc>) {
        let bytes = bytes(&coupon);
        self.recent.put((tenant.clone(), coupon.id.clone()), (coupon, now), bytes);
    }
}

/// Estimates the size of a coupon in memory. Only the terms have parts whose size differs.
fn bytes(coupon: &Coupon) -> usize {
    size_of::<Coupon>() + estimated_bytes(&coupon.terms)
}
