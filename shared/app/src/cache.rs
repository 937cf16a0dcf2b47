//! Coupons, remembered between invocations of one instance.
//!
//! A remembered coupon may be out of date. A redemption relies on its terms only, names their version in its write,
//! and never refuses by it. Where the write is that of a unique code's own item, which knows no version, the coupon is
//! remembered for a second at most.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_domain::code::CouponCode;
use couponflow_domain::coupon::Coupon;
use couponflow_domain::ids::CouponId;
use couponflow_domain::tenant::TenantId;

/// More codes than one instance sees in its life; where it does see more, it starts over.
const CAPACITY: usize = 10_000;

/// For how long unique codes are redeemed by terms that may have changed: the longest that a pause takes to reach them.
pub const RECENT: TimeDelta = TimeDelta::seconds(1);

/// Coupons by tenant and code, or id.
#[derive(Debug, Default)]
pub struct CouponCache {
    by_code: Remembered<(TenantId, CouponCode), Arc<Coupon>>,
    recent: Remembered<(TenantId, CouponId), (Arc<Coupon>, DateTime<Utc>)>,
}

impl CouponCache {
    /// The coupon of a shared code as it was last seen.
    pub fn get(&self, tenant: &TenantId, code: &CouponCode) -> Option<Arc<Coupon>> {
        self.by_code.get(&(tenant.clone(), code.clone()))
    }

    /// Remembers a coupon by its shared code.
    pub fn put(&self, tenant: &TenantId, coupon: Arc<Coupon>) {
        self.by_code.put((tenant.clone(), coupon.terms.code.clone()), coupon);
    }

    /// Forgets a code.
    pub fn forget(&self, tenant: &TenantId, code: &CouponCode) {
        self.by_code.forget(&(tenant.clone(), code.clone()));
    }

    /// The coupon with the id, if it was seen within [`RECENT`].
    pub fn recent(&self, tenant: &TenantId, id: &CouponId, now: DateTime<Utc>) -> Option<Arc<Coupon>> {
        let remembered = self.recent.get(&(tenant.clone(), id.clone()));
        remembered.filter(|(_, seen_at)| (*seen_at..*seen_at + RECENT).contains(&now)).map(|(coupon, _)| coupon)
    }

    /// Remembers a coupon that was seen at `now`.
    pub fn put_recent(&self, tenant: &TenantId, coupon: Arc<Coupon>, now: DateTime<Utc>) {
        self.recent.put((tenant.clone(), coupon.id.clone()), (coupon, now));
    }
}

#[derive(Debug)]
struct Remembered<K, V>(Mutex<HashMap<K, V>>);

impl<K, V> Default for Remembered<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> Remembered<K, V> {
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
