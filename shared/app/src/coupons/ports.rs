//! Ports for coupons.

use chrono::{DateTime, Utc};
use couponflow_domain::coupons::code::{CouponCode, UniqueCode};
use couponflow_domain::coupons::coupon::{Coupon, Edit, State, Status};
use couponflow_domain::kernel::ids::{CouponId, ExecutionId};
use couponflow_domain::kernel::span::Span;
use couponflow_domain::timers::timer::Timer;

use crate::kernel::error::StoreResult;
use crate::kernel::page::{Page, PageRequest};

/// Reads coupons with strong consistency.
pub trait ReadCoupons {
    /// Returns the coupon with the id, even if it was deleted.
    async fn coupon(&self, id: &CouponId) -> StoreResult<Option<Coupon>>;
    /// Looks up the coupon or the unique code that a code refers to.
    async fn code(&self, code: &CouponCode) -> StoreResult<Option<Code>>;
}

/// Coupon or unique code that a code refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// The shared code of a coupon.
    Shared(CouponId),
    /// A unique code of a coupon, with its current state.
    Unique(Box<UniqueCode>),
}

/// Outcome of creating an item that must be unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreateOutcome {
    New,
    /// Another item with this identity exists.
    Taken,
}

/// Selects coupons.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CouponQuery {
    /// True selects coupons that workflow steps generated. False selects the coupons that were created through the API.
    pub is_generated: bool,
    /// Status to select. `None` selects every status except deleted.
    pub status: Option<Status>,
}

impl CouponQuery {
    /// Whether a coupon has the selected status at `now`. Does not check `is_generated`.
    pub fn matches(&self, coupon: &Coupon, now: DateTime<Utc>) -> bool {
        match self.status {
            Some(status) => coupon.status(now) == status,
            None => coupon.state != State::Deleted,
        }
    }
}

/// Changes coupons. Methods that return a `bool` use optimistic locking: they write only if the coupon still has the
/// version that was read, and return false on a conflict.
pub trait WriteCoupons: ReadCoupons {
    /// Stores a new coupon with its code and its expiry timers, in one transaction.
    async fn create_coupon(&self, coupon: &Coupon) -> StoreResult<CreateOutcome>;
    /// Moves a coupon to another state. Activating a coupon sets its expiry timers again.
    async fn set_state(&self, coupon: &Coupon, state: State, now: DateTime<Utc>) -> StoreResult<bool>;
    /// Edits a coupon and sets the timers that the edit requires. Also returns false if redemptions
    /// after the read change the result of the edit.
    async fn edit_coupon(&self, coupon: &Coupon, edit: &Edit, now: DateTime<Utc>) -> StoreResult<bool>;
    /// Edits a coupon like [`WriteCoupons::edit_coupon`], but for a step of an execution. Also
    /// marks `effect`, which identifies the effect of the step, as done. Check
    /// [`WriteCoupons::was_edited_for`] first, because each effect can be done only once.
    async fn edit_coupon_for(
        &self,
        coupon: &Coupon,
        edit: &Edit,
        effect: &str,
        execution: &ExecutionId,
        now: DateTime<Utc>,
    ) -> StoreResult<bool>;
    /// Whether [`WriteCoupons::edit_coupon_for`] has edited a coupon for this effect.
    async fn was_edited_for(&self, effect: &str) -> StoreResult<bool>;
    /// Deletes a coupon and releases its code.
    async fn delete_coupon(&self, coupon: &Coupon, now: DateTime<Utc>) -> StoreResult<bool>;
    /// Lists coupons, newest first. One call reads a bounded number of coupons, so a page can be short or empty and
    /// still have a cursor. Lists deleted coupons only if the query selects them.
    async fn coupons(&self, query: CouponQuery, page: &PageRequest, now: DateTime<Utc>) -> StoreResult<Page<Coupon>>;
}

/// Time-driven changes of coupons.
pub trait Expiry {
    /// Marks the coupon as expired and removes its expiry timer, in one transaction. Returns false if the coupon is not
    /// active or does not expire at `expires_at`.
    async fn expire_coupon(&self, id: &CouponId, expires_at: DateTime<Utc>) -> StoreResult<bool>;
    /// In one transaction, records the advance notice that an active coupon expires at
    /// `expires_at`, and removes the timer. Returns false if the notice was already recorded, or if
    /// the coupon is not active or does not expire at `expires_at`.
    async fn announce_expiry(
        &self,
        id: &CouponId,
        expires_at: DateTime<Utc>,
        lead: Span,
        timer: &Timer,
    ) -> StoreResult<bool>;
}
