//! What has been read for one code of a redeem request, and how fresh it is.

use std::sync::Arc;

use couponflow_domain::coupons::code::UniqueCode;
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::kernel::ids::CouponId;
use couponflow_domain::purchases::{Application, Purchase, Redemption};

/// Freshness of the data about one code of the request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Freshness {
    /// The coupon comes from the cache and may be stale.
    Cached,
    /// The coupon was read for this request.
    Current,
    /// The order's redemption and hold of the coupon were also read. Without this freshness,
    /// [`plan`] rejects only a code that was not found.
    Verified,
}

/// One code of the request, with the data that has been read for the code so far.
pub(super) struct CodeState {
    pub(super) purchase: Purchase,
    /// Coupon of the application that the request names. Set only for a shared code, because a
    /// shared code can belong to another coupon by now.
    pub(super) named: Option<CouponId>,
    pub(super) coupon: Option<Arc<Coupon>>,
    /// State of the unique code, read for this request. `None` for a shared code.
    pub(super) unique: Option<UniqueCode>,
    pub(super) freshness: Freshness,
    pub(super) held: Option<Application>,
    pub(super) done: Option<Redemption>,
}

impl CodeState {
    /// Returns the order's hold of the current coupon. Ignores a hold of another coupon. The order
    /// can have such a hold if the code's previous coupon was deleted and another coupon now uses
    /// the code.
    pub(super) fn hold(&self) -> Option<&Application> {
        let coupon = self.coupon.as_ref()?;
        self.held.as_ref().filter(|application| application.coupon_id == coupon.id)
    }
}
