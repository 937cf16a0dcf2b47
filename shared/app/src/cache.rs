//! Coupons by code, remembered between invocations of one instance.
//!
//! A remembered coupon may be out of date. A redemption relies on its terms only, names their version in its write,
//! and never refuses by it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use couponflow_domain::code::CouponCode;
use couponflow_domain::coupon::Coupon;
use couponflow_domain::tenant::TenantId;

/// More codes than one instance sees in its life; where it does see more, it starts over.
const CAPACITY: usize = 10_000;

/// Coupons by tenant and code.
#[derive(Debug, Default)]
pub struct CouponCache {
    coupons: Mutex<HashMap<(TenantId, CouponCode), Arc<Coupon>>>,
}

impl CouponCache {
    /// The coupon of a code as it was last seen.
    pub fn get(&self, tenant: &TenantId, code: &CouponCode) -> Option<Arc<Coupon>> {
        let coupons = self.coupons.lock().unwrap_or_else(PoisonError::into_inner);
        coupons.get(&(tenant.clone(), code.clone())).cloned()
    }

    /// Remembers a coupon by its code.
    pub fn put(&self, tenant: &TenantId, coupon: Arc<Coupon>) {
        let mut coupons = self.coupons.lock().unwrap_or_else(PoisonError::into_inner);
        if coupons.len() >= CAPACITY {
            coupons.clear();
        }
        coupons.insert((tenant.clone(), coupon.terms.code.clone()), coupon);
    }

    /// Forgets a code.
    pub fn forget(&self, tenant: &TenantId, code: &CouponCode) {
        self.coupons.lock().unwrap_or_else(PoisonError::into_inner).remove(&(tenant.clone(), code.clone()));
    }
}
