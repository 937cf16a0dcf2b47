//! Applications, holds, redemptions and rollbacks.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use couponflow_domain::code::{CouponCode, UniqueCode};
use couponflow_domain::coupon::Coupon;
use couponflow_domain::customer::{Customer, Email};
use couponflow_domain::event::CouponSnapshot;
use couponflow_domain::ids::{ApplicationId, CouponId, RedemptionId};
use couponflow_domain::purchase::{Application, Attempt, Redemption, Rollback};
use couponflow_domain::timer::Timer;

use super::coupons::ReadCoupons;
use super::{Page, PageRequest, Stored};

/// Keeps applications.
pub trait Applications {
    /// Records an application, or replaces the one of the same coupon and order, which keeps its id. It fires where its
    /// price is new, and restarts its abandonment window in any case. Answers with what is stored then.
    async fn record_application(
        &self,
        application: &Application,
        coupon: &CouponSnapshot,
        correlation_id: &str,
    ) -> Stored<Application>;
    /// The application with the id.
    async fn application(&self, id: &ApplicationId) -> Stored<Option<Application>>;
    /// How many redemptions of a coupon count against the limit of a customer: of their identities, the one with most.
    async fn redeemed_by(&self, coupon_id: &CouponId, customer: &Customer) -> Stored<i64>;
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
    /// The unique code is redeemed, or held for another application.
    CodeTaken,
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
    /// Ends a hold that has run out: gives its redemption back and fires, unless the order `was_redeemed` without using it.
    /// False where it was used, released or prolonged meanwhile, or the coupon is not in the version that was read.
    async fn expire_hold(
        &self,
        application: &Application,
        coupon: &Coupon,
        timer: &Timer,
        was_redeemed: bool,
    ) -> Stored<bool>;
    /// Removes an application, and gives back the redemption that is held for it; false where it or the coupon changed
    /// meanwhile.
    async fn remove_application(&self, application: &Application, coupon: &Coupon) -> Stored<bool>;
}

/// One redemption of an order, to be committed with the others of it.
#[derive(Debug, Clone)]
pub struct PendingRedemption {
    /// What is to be recorded.
    pub redemption: Redemption,
    /// The coupon, under whose terms it is.
    pub coupon: Arc<Coupon>,
    /// An application with a hold: it is that redemption which is used.
    pub held: Option<Application>,
}

/// What came of trying to commit the redemptions of an order.
#[derive(Debug, Clone, PartialEq)]
pub enum Commit {
    /// All are committed: counted, recorded, and on their way to the bus.
    Committed,
    /// None is, because of the one at this place.
    Conflict(usize, CommitConflict),
}

/// Why a redemption was not committed.
#[derive(Debug, Clone, PartialEq)]
pub enum CommitConflict {
    /// The order was redeemed with this coupon before; this is that redemption.
    Existing(Box<Redemption>),
    /// The coupon has changed or no longer permits it; this is the coupon as it is.
    Coupon(Box<Coupon>),
    /// The customer has used every redemption permitted to them.
    CustomerLimit,
    /// The unique code was redeemed for another order, or is held for one; this is the code as it is.
    Code(Box<UniqueCode>),
    /// The hold that was to be used is over.
    HoldGone,
}

/// Which redemptions are wanted; those that have all of what is given.
#[derive(Debug, Clone, Default)]
pub struct RedemptionQuery {
    /// Of this coupon.
    pub coupon_id: Option<CouponId>,
    /// By this code.
    pub code: Option<CouponCode>,
    /// For this order.
    pub order_id: Option<String>,
    /// By the customer with this address.
    pub customer_email: Option<Email>,
    /// By the customer with this id of the shop's.
    pub customer_id: Option<String>,
}

/// Keeps redemptions.
pub trait Redemptions {
    /// Commits the redemptions of one order, all in one write: that the terms are still those of the coupons, that each
    /// is active and not expired at `now`, that a redemption is left in all and for this customer, and that the order was
    /// not redeemed with it before.
    async fn commit_redemptions(
        &self,
        claims: &[PendingRedemption],
        now: DateTime<Utc>,
        correlation_id: &str,
    ) -> Stored<Commit>;
    /// The redemption that stands of a unique code.
    async fn redemption_of_code(&self, code: &CouponCode) -> Stored<Option<Redemption>>;
    /// The redemption of a coupon for an order.
    async fn redemption_for_order(&self, coupon_id: &CouponId, order_id: &str) -> Stored<Option<Redemption>>;
    /// The redemption with the id, whether it stands or was given back.
    async fn redemption(&self, id: &RedemptionId) -> Stored<Option<Redemption>>;
    /// Redemptions that are numbered, newest first, given back or not.
    async fn redemptions(&self, query: &RedemptionQuery, page: &PageRequest) -> Stored<Page<Redemption>>;
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

/// Remembers refused attempts, so that they fire and are counted.
pub trait Rejections {
    /// Records an attempt. None of the coupon's is known where the code belongs to none.
    async fn record_rejection(&self, attempt: &Attempt, coupon: Option<&CouponSnapshot>) -> Stored<()>;
}

/// Ends applications that nobody redeems.
pub trait Abandonment: Applications {
    /// Whether a customer has redeemed a coupon since an instant, for whatever order.
    async fn has_redeemed_since(&self, coupon_id: &CouponId, customer: &Customer, since: DateTime<Utc>)
    -> Stored<bool>;
    /// Marks an application as abandoned, in one write with taking the timer away; false where its order was redeemed,
    /// or it was removed, applied anew or abandoned before.
    async fn abandon(&self, application: &Application, timer: &Timer) -> Stored<bool>;
    /// Sets the timer of an application's window, which has restarted, to its end, in one write with taking the one away that
    /// has fired. False where the application was removed or applied anew since it was read.
    async fn rearm_abandonment(&self, application: &Application, timer: &Timer) -> Stored<bool>;
}
