//! Cache of coupons that lives as long as the function instance.
//!
//! A cached coupon can be stale. A redemption uses only the terms of the cached coupon. The write
//! of the redemption succeeds only if the coupon still has the cached version. No rejection is
//! based on a cached coupon.
//!
//! For unique codes, a cached coupon is used for at most one second. If the coupon has no limits,
//! the redemption of a unique code writes only the item of the code, and therefore cannot check the
//! version of the coupon.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::kernel::ids::CouponId;
use couponflow_domain::tenants::tenant::TenantId;

/// Maximum number of entries. A full cache is cleared. This is rare, because few function instances
/// see so many codes.
const CAPACITY: usize = 10_000;

/// Maximum age of the cached terms with which a unique code is redeemed. A pause or an edit of the
/// coupon takes effect for unique codes within this time.
pub const MAX_RECENT_AGE: TimeDelta = TimeDelta::seconds(1);

/// Cached coupons in two maps: by tenant and shared code, and by tenant and coupon id.
#[derive(Debug, Default)]
pub struct CouponCache {
    by_code: BoundedMap<(TenantId, CouponCode), Arc<Coupon>>,
    recent: BoundedMap<(TenantId, CouponId), (Arc<Coupon>, DateTime<Utc>)>,
}

impl CouponCache {
    /// Returns the cached coupon of a shared code, which can be stale.
    pub fn get(&self, tenant: &TenantId, code: &CouponCode) -> Option<Arc<Coupon>> {
        self.by_code.get(&(tenant.clone(), code.clone()))
    }

    /// Caches a coupon under its shared code.
    pub fn put(&self, tenant: &TenantId, coupon: Arc<Coupon>) {
        self.by_code.put((tenant.clone(), coupon.terms.code.clone()), coupon);
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
        self.recent.put((tenant.clone(), coupon.id.clone()), (coupon, now));
    }
}

#[derive(Debug)]
struct BoundedMap<K, V>(Mutex<HashMap<K, V>>);

impl<K, V> Default for BoundedMap<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> BoundedMap<K, V> {
    fn get(&self, key: &K) -> Option<V> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn put(&self, key: K, value: V) {
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= CAPACITY {
            remembered.clear();
        }
        remembered.insert(key, value);
    }

    fn forget(&self, key: &K) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}
