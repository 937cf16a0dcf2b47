//! Applications, holds, redemptions and rollbacks.

use chrono::{DateTime, Utc};
use couponflow_domain::coupon::Coupon;
use couponflow_domain::event::CouponSnapshot;
use couponflow_domain::ids::{ApplicationId, CouponId, RedemptionId};
use couponflow_domain::purchase::{Application, Redemption, Rollback};
use couponflow_domain::timer::Timer;

use super::Stored;
use super::coupons::ReadCoupons;

/// Keeps applications.
pub trait Applications {
    /// Records an application, or replaces the one of the same coupon and order, which keeps its id. It fires where its
    /// price is new. Answers with what is stored then.
    async fn record_application(
        &self,
        application: &Application,
        coupon: &CouponSnapshot,
        correlation_id: &str,
    ) -> Stored<Application>;
    /// The application with the id.
    async fn application(&self, id: &ApplicationId) -> Stored<Option<Application>>;
    /// The application of a coupon to an order.
    async fn application_for_order(&self, coupon_id: &CouponId, order_id: &str) -> Stored<Option<Application>>;
}

/// What came of trying to hold a redemption.
#[derive(Debug, Clone, PartialEq)]
pub enum Held {
    /// It is reserved, and the application recorded.
    Now(Box<Application>),
    /// The coupon does not permit it; this is the coupon as it is.
    Refused(Box<Coupon>),
    /// The application changed at the same time.
    Changed,
}

/// Reserves redemptions for applications.
pub trait Holds: Applications + ReadCoupons {
    /// Records an application that has a hold, and reserves a redemption for it under the terms in `coupon`, all in one
    /// write with the timer of the hold's end. Where the order has a hold already, that one is prolonged.
    async fn hold(
        &self,
        application: &Application,
        coupon: &Coupon,
        now: DateTime<Utc>,
        correlation_id: &str,
    ) -> Stored<Held>;
    /// Ends a hold that has run out: gives its redemption back and fires. False where it was redeemed, released or
    /// prolonged meanwhile.
    async fn expire_hold(&self, application: &Application, coupon: &Coupon, timer: &Timer) -> Stored<bool>;
    /// Removes an application, and gives back the redemption that is held for it; false where it changed meanwhile.
    async fn remove_application(&self, application: &Application, coupon: &Coupon) -> Stored<bool>;
}

/// What came of trying to commit a redemption.
#[derive(Debug, Clone, PartialEq)]
pub enum Commit {
    /// It is committed: counted, recorded, and on its way to the bus.
    Committed,
    /// The order was redeemed with this coupon before; this is that redemption.
    Existing(Box<Redemption>),
    /// The coupon has changed or no longer permits it; this is the coupon as it is.
    Refused(Box<Coupon>),
    /// The customer has used every redemption permitted to them.
    CustomerLimit,
    /// The hold that was to be used is over.
    HoldGone,
}

/// Keeps redemptions.
pub trait Redemptions {
    /// Commits a redemption under the terms in `coupon`, all in one write: that those are still its terms, that it is
    /// active and not expired at `now`, that a redemption is left in all and for this customer, and that the order was
    /// not redeemed before. Where `held` is an application with a hold, it is that redemption which is used.
    async fn commit_redemption(
        &self,
        redemption: &Redemption,
        coupon: &Coupon,
        held: Option<&Application>,
        now: DateTime<Utc>,
        correlation_id: &str,
    ) -> Stored<Commit>;
    /// The redemption of a coupon for an order.
    async fn redemption_for_order(&self, coupon_id: &CouponId, order_id: &str) -> Stored<Option<Redemption>>;
    /// The redemption with the id, whether it stands or was given back.
    async fn redemption(&self, id: &RedemptionId) -> Stored<Option<Redemption>>;
}

/// What came of trying to give a redemption back.
#[derive(Debug, Clone, PartialEq)]
pub enum RolledBack {
    /// It is given back now.
    Now,
    /// The redemption or the coupon changed since they were read.
    Changed,
}

/// Gives redemptions back.
pub trait Rollbacks: Redemptions + ReadCoupons {
    /// Gives a redemption back that stands as it was read, and where `rollback` releases it, counts it out of the coupon
    /// and of its customer's, all in one write. A coupon that was full begins a new limit epoch.
    async fn roll_back(
        &self,
        redemption: &Redemption,
        rollback: Rollback,
        coupon: &Coupon,
        correlation_id: &str,
    ) -> Stored<RolledBack>;
}
