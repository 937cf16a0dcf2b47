//! Applications, holds, redemptions and rollbacks.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use couponflow_domain::coupons::code::{CouponCode, UniqueCode};
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::events::event::CouponSnapshot;
use couponflow_domain::kernel::ids::{ApplicationId, CouponId, RedemptionId};
use couponflow_domain::purchases::customer::{Customer, Email};
use couponflow_domain::purchases::{Application, Redemption, RejectedAttempt, Rollback};
use couponflow_domain::timers::timer::Timer;

use crate::coupons::ports::ReadCoupons;
use crate::kernel::error::StoreResult;
use crate::kernel::page::{Page, PageRequest};

/// Stores applications.
pub trait Applications {
    /// Records an application. If the order already has an application of the coupon, replaces that application and
    /// keeps its id. Emits an event if the price is new. Always restarts the abandonment window. Returns the stored
    /// application.
    async fn record_application(
        &self,
        application: &Application,
        coupon: &CouponSnapshot,
        correlation_id: &str,
    ) -> StoreResult<Application>;
    /// Returns the application with the id.
    async fn application(&self, id: &ApplicationId) -> StoreResult<Option<Application>>;
    /// Returns the number of redemptions of a coupon that count towards the limit per customer: the highest number
    /// among the customer's identities.
    async fn redeemed_by(&self, coupon_id: &CouponId, customer: &Customer) -> StoreResult<i64>;
    /// Returns the application of a coupon to an order.
    async fn application_for_order(&self, coupon_id: &CouponId, order_id: &str) -> StoreResult<Option<Application>>;
}

/// Outcome of placing a hold.
#[derive(Debug, Clone, PartialEq)]
pub enum HoldOutcome {
    /// A redemption is reserved, and the application is recorded.
    Now(Box<Application>),
    /// The coupon does not permit the hold. Holds the current coupon.
    Refused(Box<Coupon>),
    /// The unique code is redeemed, or held for another application.
    CodeTaken,
    /// The application changed concurrently.
    Changed,
}

/// Reserves redemptions for applications.
pub trait Holds: Applications + ReadCoupons {
    /// Records an application that has a hold, reserves a redemption under the terms in `coupon` and sets the timer for
    /// the end of the hold, in one transaction. If the order already has a hold, extends it.
    async fn hold(
        &self,
        application: &Application,
        coupon: &Coupon,
        now: DateTime<Utc>,
        correlation_id: &str,
    ) -> StoreResult<HoldOutcome>;
    /// Ends an expired hold: releases the held redemption and emits an event, unless the order `was_redeemed` without
    /// the hold. Returns false if the hold was used, released or extended meanwhile, or if the coupon has changed since
    /// it was read.
    async fn expire_hold(
        &self,
        application: &Application,
        coupon: &Coupon,
        timer: &Timer,
        was_redeemed: bool,
    ) -> StoreResult<bool>;
    /// Removes an application and releases its hold. Returns false if the application or the coupon changed meanwhile.
    async fn remove_application(&self, application: &Application, coupon: &Coupon) -> StoreResult<bool>;
}

/// One redemption of an order, to be committed together with the others.
#[derive(Debug, Clone)]
pub struct PendingRedemption {
    pub redemption: Redemption,
    /// Coupon with the terms of the redemption.
    pub coupon: Arc<Coupon>,
    /// Application whose hold the redemption uses.
    pub held: Option<Application>,
}

/// Outcome of committing the redemptions of an order.
#[derive(Debug, Clone, PartialEq)]
pub enum CommitOutcome {
    /// All redemptions are counted and recorded, and their events will be published.
    Committed,
    /// No redemption is committed, because the redemption at this index has a conflict.
    Conflict(usize, CommitConflict),
}

/// Reason why a redemption was not committed.
#[derive(Debug, Clone, PartialEq)]
pub enum CommitConflict {
    /// The order already has a redemption of this coupon. Holds the existing redemption.
    Existing(Box<Redemption>),
    /// The coupon has changed or no longer permits the redemption. Holds the current coupon.
    Coupon(Box<Coupon>),
    /// The customer has used all redemptions that the limit permits.
    CustomerLimit,
    /// The unique code was redeemed or is held for another order. Holds the current state of the code.
    Code(Box<UniqueCode>),
    /// The hold that the redemption uses has ended.
    HoldGone,
}

/// Selects redemptions. Every field that is set must match.
#[derive(Debug, Clone, Default)]
pub struct RedemptionQuery {
    pub coupon_id: Option<CouponId>,
    pub code: Option<CouponCode>,
    pub order_id: Option<String>,
    pub customer_email: Option<Email>,
    /// Customer id of the shop.
    pub customer_id: Option<String>,
}

/// Stores redemptions.
pub trait Redemptions {
    /// Commits the redemptions of one order in one transaction. Conditions: the terms are those in `claims`, each
    /// coupon is active and not expired at `now`, the total limit and the limit per customer permit one more
    /// redemption, and the order has no redemption of the coupon yet.
    async fn commit_redemptions(
        &self,
        claims: &[PendingRedemption],
        now: DateTime<Utc>,
        correlation_id: &str,
    ) -> StoreResult<CommitOutcome>;
    /// Returns the redemption of a unique code that was not rolled back.
    async fn redemption_of_code(&self, code: &CouponCode) -> StoreResult<Option<Redemption>>;
    /// Returns the redemption of a coupon for an order.
    async fn redemption_for_order(&self, coupon_id: &CouponId, order_id: &str) -> StoreResult<Option<Redemption>>;
    /// Returns the redemption with the id, which can be active or rolled back.
    async fn redemption(&self, id: &RedemptionId) -> StoreResult<Option<Redemption>>;
    /// Lists redemptions that have a sequence number, newest first, including redemptions that were rolled back.
    async fn redemptions(&self, query: &RedemptionQuery, page: &PageRequest) -> StoreResult<Page<Redemption>>;
}

/// Outcome of rolling back a redemption.
#[derive(Debug, Clone, PartialEq)]
pub enum RollbackOutcome {
    /// The redemption is rolled back.
    Now,
    /// The redemption or the coupon changed after it was read.
    Changed,
}

/// Rolls back redemptions.
pub trait Rollbacks: Redemptions + ReadCoupons {
    /// Marks a redemption as rolled back. If `rollback` releases the redemption, the same transaction subtracts it from
    /// the counts of the coupon and of the customer, and a coupon at its limit starts a new limit epoch. Condition: the
    /// redemption and the coupon are unchanged since they were read.
    async fn roll_back(
        &self,
        redemption: &Redemption,
        rollback: Rollback,
        coupon: &Coupon,
        correlation_id: &str,
    ) -> StoreResult<RollbackOutcome>;
}

/// Records rejected attempts for events and statistics.
pub trait Rejections {
    /// Records an attempt. `coupon` is `None` if the code belongs to no coupon.
    async fn record_rejection(&self, attempt: &RejectedAttempt, coupon: Option<&CouponSnapshot>) -> StoreResult<()>;
}

/// Ends the abandonment windows of applications that were not redeemed.
pub trait Abandonment: Applications {
    /// Whether a customer has redeemed a coupon since `since`, for any order.
    async fn has_redeemed_since(
        &self,
        coupon_id: &CouponId,
        customer: &Customer,
        since: DateTime<Utc>,
    ) -> StoreResult<bool>;
    /// Marks an application as abandoned and removes the timer, in one transaction. Returns false if the order was
    /// redeemed, or if the application was removed, applied again or already marked as abandoned.
    async fn abandon(&self, application: &Application, timer: &Timer) -> StoreResult<bool>;
    /// Replaces a fired timer with a timer at the end of the application's restarted window, in one transaction.
    /// Returns false if the application was removed or applied again since it was read.
    async fn rearm_abandonment(&self, application: &Application, timer: &Timer) -> StoreResult<bool>;
}
