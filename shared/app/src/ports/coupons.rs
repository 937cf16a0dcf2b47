//! Coupons.

use chrono::{DateTime, Utc};
use couponflow_domain::code::{CouponCode, UniqueCode};
use couponflow_domain::coupon::{Coupon, Edit, State, Status};
use couponflow_domain::ids::{CouponId, ExecutionId};
use couponflow_domain::span::Span;
use couponflow_domain::timer::Timer;

use super::{Page, PageRequest, Stored};

/// Reads coupons, always as they are at the time of the call.
pub trait ReadCoupons {
    /// The coupon with the id, deleted ones included.
    async fn coupon(&self, id: &CouponId) -> Stored<Option<Coupon>>;
    /// What a code is.
    async fn code(&self, code: &CouponCode) -> Stored<Option<Code>>;
}

/// What a code is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// A coupon's own.
    Shared(CouponId),
    /// One of a coupon's unique codes, as it is now.
    Unique(Box<UniqueCode>),
}

/// What came of creating something that must be unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created {
    /// It is new.
    New,
    /// There is one already.
    Taken,
}

/// Which coupons are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CouponQuery {
    /// Those that steps of workflows generated; else those that people made.
    pub is_generated: bool,
    /// With this status; else all but the deleted ones.
    pub status: Option<Status>,
}

impl CouponQuery {
    /// Whether a coupon of the list has the status that is asked for, at `now`.
    pub fn matches(&self, coupon: &Coupon, now: DateTime<Utc>) -> bool {
        match self.status {
            Some(status) => coupon.status(now) == status,
            None => coupon.state != State::Deleted,
        }
    }
}

/// Changes coupons.
pub trait WriteCoupons: ReadCoupons {
    /// Stores a new coupon with its code and, where it expires, the timers for that; all or nothing.
    async fn create_coupon(&self, coupon: &Coupon) -> Stored<Created>;
    /// Moves a coupon from the version that it was read in to another state, and where it is switched on again sets the
    /// timers of its expiry again; false where it has changed since.
    async fn set_state(&self, coupon: &Coupon, state: State, now: DateTime<Utc>) -> Stored<bool>;
    /// Edits a coupon that still is in the version that it was read in, and sets the timers that the edit asks for; false
    /// where it has changed since, or so much was redeemed meanwhile that the edit is another one now.
    async fn edit_coupon(&self, coupon: &Coupon, edit: &Edit, now: DateTime<Utc>) -> Stored<bool>;
    /// The same for an execution, once: an edit for the same effect was made when [`WriteCoupons::was_edited_for`] says so.
    async fn edit_coupon_for(
        &self,
        coupon: &Coupon,
        edit: &Edit,
        effect: &str,
        execution: &ExecutionId,
        now: DateTime<Utc>,
    ) -> Stored<bool>;
    /// Whether a coupon was edited for this effect.
    async fn was_edited_for(&self, effect: &str) -> Stored<bool>;
    /// Deletes a coupon in the version that it was read in, so that its code can be used again; false where it has
    /// changed since.
    async fn delete_coupon(&self, coupon: &Coupon, now: DateTime<Utc>) -> Stored<bool>;
    /// Coupons of one list, newest first. One call reads a bounded number of coupons: a page can be short, even empty, and
    /// have a cursor. Deleted coupons are listed only when they are asked for.
    async fn coupons(&self, query: CouponQuery, page: &PageRequest, now: DateTime<Utc>) -> Stored<Page<Coupon>>;
}

/// What the clock does to coupons.
pub trait Expiry {
    /// Marks the coupon expired if it is active and expires at `expires_at`, and takes the timer of that away, in one
    /// write.
    /// False where it is paused, deleted, expired or expires at another instant.
    async fn expire_coupon(&self, id: &CouponId, expires_at: DateTime<Utc>) -> Stored<bool>;
    /// Gives notice that an active coupon expires at `expires_at`, in one write with taking the timer away. False where
    /// notice was given before, or the coupon is not active or expires at another instant.
    async fn announce_expiry(
        &self,
        id: &CouponId,
        expires_at: DateTime<Utc>,
        lead: Span,
        timer: &Timer,
    ) -> Stored<bool>;
}
