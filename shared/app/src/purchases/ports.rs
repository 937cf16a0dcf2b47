//! Port for purchases.
//!
//! - An application records that a code was applied to an order.
//! - A hold reserves one redemption of a coupon for an application, for a limited time.
//! - A redemption records that an order used a coupon. Redemptions count towards the coupon's
//!   limits.
//! - A rollback cancels a redemption.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use couponflow_domain::coupons::code::{CouponCode, UniqueCode};
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::events::event::CouponSnapshot;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::ids::{ApplicationId, CouponId, RedemptionId};
use couponflow_domain::kernel::personal::PersonalText;
use couponflow_domain::purchases::customer::{Customer, Email};
use couponflow_domain::purchases::{Application, Redemption, RejectedAttempt, Rollback};
use couponflow_domain::timers::timer::Timer;

use crate::coupons::ports::CouponStore;
use crate::kernel::error::StoreResult;
use crate::kernel::page::{Page, PageRequest};

/// Outcome of placing a hold.
#[derive(Debug, Clone, PartialEq)]
pub enum HoldOutcome {
    /// A redemption is reserved, and the application is recorded.
    Held(Box<Application>),
    /// The coupon does not permit the hold. Holds the current coupon.
    Rejected(Box<Coupon>),
    /// The unique code is redeemed or is held for another application.
    CodeTaken,
    /// A concurrent request changed the application.
    Changed,
    /// The caller may not replace the order's application of the coupon.
    Denied,
}

/// Redemption that will be committed together with the other redemptions of the order.
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
    pub customer_id: Option<PersonalText>,
}

impl RedemptionQuery {
    /// Whether the query selects every redemption.
    pub fn is_empty(&self) -> bool {
        let Self { coupon_id, code, order_id, customer_email, customer_id } = self;
        coupon_id.is_none() && code.is_none() && order_id.is_none() && customer_email.is_none() && customer_id.is_none()
    }
}

/// Outcome of rolling back a redemption.
#[derive(Debug, Clone, PartialEq)]
pub enum RollbackOutcome {
    /// The redemption is rolled back.
    RolledBack,
    /// The redemption or the coupon changed after it was read.
    Changed,
}

/// Stores what happens to the orders of a tenant. Builds on the coupons that the orders use.
pub trait PurchaseStore: CouponStore {
    // Applications

    /// Records an application. If the order already has an application of the coupon, replaces that
    /// application and keeps its id, unless [`ApplicationOwner::after`](couponflow_domain::purchases::ApplicationOwner::after) does not permit the
    /// replacement: then returns `None`. Emits an event if the application is new or has a new price.
    /// Restarts the abandonment window (the time after which an application that was not redeemed
    /// counts as abandoned). Returns the stored application.
    async fn record_application(
        &self,
        application: &Application,
        coupon: &CouponSnapshot,
        correlation_id: &CorrelationId,
    ) -> StoreResult<Option<Application>>;
    /// Returns the application with the id. Compares the whole id.
    async fn application(&self, id: &ApplicationId) -> StoreResult<Option<Application>>;
    /// Returns how many redemptions of a coupon count towards its limit per customer. Redemptions
    /// are counted per identity of the customer (e-mail address, customer id). Returns the highest
    /// of these counts.
    async fn redeemed_by(&self, coupon_id: &CouponId, customer: &Customer) -> StoreResult<i64>;
    /// Returns the application of a coupon to an order.
    async fn application_for_order(&self, coupon_id: &CouponId, order_id: &str) -> StoreResult<Option<Application>>;

    // Holds

    /// In one transaction, records an application that has a hold, reserves a redemption under the
    /// terms in `coupon`, and sets the timer for the end of the hold. If the order already has a
    /// hold, extends that hold.
    async fn hold(
        &self,
        application: &Application,
        coupon: &Coupon,
        now: DateTime<Utc>,
        correlation_id: &CorrelationId,
    ) -> StoreResult<HoldOutcome>;
    /// Ends an expired hold and releases the held redemption. Emits an event only if `was_redeemed`
    /// is false, because an order can be redeemed without its hold. Returns false if the hold was
    /// used, released or extended concurrently, or if the coupon has changed since `coupon` was
    /// read.
    async fn expire_hold(
        &self,
        application: &Application,
        coupon: &Coupon,
        timer: &Timer,
        was_redeemed: bool,
    ) -> StoreResult<bool>;
    /// Removes an application and releases its hold. Returns false if the application, its owner or
    /// the coupon changed after it was read.
    async fn remove_application(&self, application: &Application, coupon: &Coupon) -> StoreResult<bool>;

    // Abandonment windows

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
    /// Replaces a fired timer with a timer for the end of the application's restarted window, in
    /// one transaction. Returns false if the application was removed or applied again after it was
    /// read.
    async fn rearm_abandonment(&self, application: &Application, timer: &Timer) -> StoreResult<bool>;

    // Redemptions

    /// Commits the redemptions of one order in one transaction. Conditions for each coupon:
    ///
    /// - The terms are the same as in `claims`.
    /// - The coupon is active and not expired at `now`.
    /// - The total limit and the limit per customer permit one more redemption.
    /// - The order has no redemption of the coupon yet.
    async fn commit_redemptions(
        &self,
        claims: &[PendingRedemption],
        now: DateTime<Utc>,
        correlation_id: &CorrelationId,
    ) -> StoreResult<CommitOutcome>;
    /// Returns the current redemption of a unique code. Ignores redemptions that were rolled back.
    async fn redemption_of_code(&self, code: &CouponCode) -> StoreResult<Option<Redemption>>;
    /// Returns the redemption of a coupon for an order.
    async fn redemption_for_order(&self, coupon_id: &CouponId, order_id: &str) -> StoreResult<Option<Redemption>>;
    /// Returns the redemption with the id, which can be active or rolled back.
    async fn redemption(&self, id: &RedemptionId) -> StoreResult<Option<Redemption>>;
    /// Lists redemptions that have a sequence number, newest first, including redemptions that were rolled back.
    async fn redemptions(&self, query: &RedemptionQuery, page: &PageRequest) -> StoreResult<Page<Redemption>>;

    // Rollbacks

    /// Marks a redemption as rolled back. If `rollback` releases the redemption, the same
    /// transaction also decrements the counts of the coupon and of the customer. If the coupon was
    /// at its limit, the transaction starts a new limit epoch, in which the limit can be reached
    /// again. Condition: the redemption and the coupon have not changed since they were read.
    async fn roll_back(
        &self,
        redemption: &Redemption,
        rollback: Rollback,
        coupon: &Coupon,
        correlation_id: &CorrelationId,
    ) -> StoreResult<RollbackOutcome>;

    // Rejected attempts

    /// Records an attempt. `coupon` is `None` if the code belongs to no coupon.
    async fn record_rejection(&self, attempt: &RejectedAttempt, coupon: Option<&CouponSnapshot>) -> StoreResult<()>;
}
