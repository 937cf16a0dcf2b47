//! Coupons: terms, counters and state.

mod action;
mod amounts;
mod discount;
mod duration;
mod edit;
mod notices;
mod only_for;
mod rollback_reason;
mod terms;

pub use action::{CouponAction, CouponDecision};
pub use amounts::Amounts;
pub use discount::{AmountOff, AppliesTo, CouponType, CouponValue, Discount};
pub use duration::Duration;
pub use edit::{Edit, LimitChange};
pub use notices::Threshold;
pub use only_for::OnlyFor;
pub use rollback_reason::RollbackReason;
pub use terms::{CodeType, Terms, request_schemas};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::kernel::counters::{LimitEpoch, Revision};
use crate::kernel::ids::{CouponId, ExecutionId};
use crate::purchases::customer::Customer;

/// Stored state of a coupon. Operators, workflows and the expiry timer change the state. The API
/// shows the [`Status`], which also depends on the time and the counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum State {
    Active,
    Paused,
    /// The expiry has been recorded, which triggers the event `CouponExpired`.
    Expired,
    /// The coupon can no longer be used. The item of the coupon stays in the table.
    Deleted,
}

/// Status of a coupon at an instant.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    schemars::JsonSchema,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum Status {
    /// The coupon is not valid yet, because `starts_at` lies in the future.
    Scheduled,
    /// The coupon can be applied and redeemed, unless holds reserve all remaining redemptions.
    Active,
    /// An operator or a workflow has paused the coupon.
    Paused,
    /// The limit is reached: all permitted redemptions are used.
    Exhausted,
    /// The expiry instant has been reached.
    Expired,
    /// The coupon was deleted.
    Deleted,
}

/// Change that is needed to bring a coupon to a requested state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateChange {
    /// The coupon is already in the requested state.
    None,
    /// The state must be written.
    Needed,
    /// The change is impossible, because the coupon is deleted or expired.
    Impossible(Status),
}

/// A coupon: its terms, its counters and its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coupon {
    pub id: CouponId,
    pub terms: Terms,
    /// Increases with every change of terms or state, but not with redemptions. A write that
    /// depends on the terms requires an unchanged version (optimistic locking).
    pub version: Revision,
    pub state: State,
    /// Number of committed redemptions, without redemptions that a rollback made available again.
    pub times_redeemed: i64,
    /// Number of all redemptions ever counted, including rolled-back redemptions. Equals the
    /// sequence number of the latest redemption.
    pub redemption_seq: i64,
    /// Number of redemptions that are reserved by holds. A hold reserves a redemption for one
    /// application of the code to an order.
    pub held: i64,
    /// Number of redemptions that can still be redeemed or held. `None` if the coupon has no limit.
    pub remaining: Option<i64>,
    /// Number of the limit epoch. A new epoch begins when an edit raises, removes or introduces the
    /// limit. A new epoch also begins when a rollback makes a fully redeemed coupon available
    /// again. The events for the limit and for each threshold fire at most once per epoch.
    pub limit_epoch: LimitEpoch,
    /// Number of recorded applications, from the statistics of the coupon.
    pub times_applied: i64,
    /// Last workflow execution that issued the coupon or edited its terms. `None` if there is none,
    /// or if an operator has since changed the expiry or its lead times.
    pub caused_by: Option<ExecutionId>,
    pub created_at: DateTime<Utc>,
    /// Time of the last change of terms or state.
    pub updated_at: DateTime<Utc>,
}

impl Coupon {
    /// Creates an active coupon.
    pub fn new(id: CouponId, terms: Terms, now: DateTime<Utc>) -> Self {
        Self {
            id,
            version: Revision::FIRST,
            state: State::Active,
            times_redeemed: 0,
            redemption_seq: 0,
            held: 0,
            remaining: terms.max_redemptions,
            limit_epoch: LimitEpoch::FIRST,
            times_applied: 0,
            caused_by: None,
            created_at: now,
            updated_at: now,
            terms,
        }
    }

    /// Sets the workflow execution that issued the coupon.
    #[must_use]
    pub fn caused_by(self, execution: &ExecutionId) -> Self {
        Self { caused_by: Some(execution.clone()), ..self }
    }

    /// Whether the customer may use the coupon. A coupon can be reserved for one customer.
    pub fn is_for(&self, customer: Option<&Customer>) -> bool {
        let only_for = self.terms.only_for.as_ref();
        only_for.is_none_or(|only_for| customer.is_some_and(|customer| only_for.is(customer)))
    }

    /// Whether customers can use the coupon's own code. False if customers can use only unique
    /// codes.
    pub fn accepts_own_code(&self) -> bool {
        self.terms.code_type == CodeType::Shared
    }

    /// Whether the coupon has unique codes and no limit, neither in total nor per customer. The
    /// write of a redemption can then change only the item of the code, and the event relay counts
    /// the redemption later. A limit cannot be introduced later, because the count is delayed.
    pub fn is_unlimited_unique(&self) -> bool {
        let Terms { code_type, max_redemptions, max_redemptions_per_customer, .. } = &self.terms;
        *code_type == CodeType::Unique && max_redemptions.is_none() && max_redemptions_per_customer.is_none()
    }

    /// Whether committed redemptions have reached the limit. Held redemptions are not counted.
    pub fn is_limit_reached(&self) -> bool {
        self.terms.max_redemptions.is_some_and(|max| self.times_redeemed >= max)
    }

    /// Returns the coupon as a purchase with its own hold sees it: the held redemption counts as
    /// available.
    #[must_use]
    pub fn with_own_hold_available(&self) -> Self {
        let remaining = self.remaining.map(|remaining| remaining + 1);
        Self { remaining, held: self.held - 1, ..self.clone() }
    }

    /// Whether the expiry instant has been reached. The instant itself counts as expired.
    pub fn is_past_expiry(&self, now: DateTime<Utc>) -> bool {
        self.terms.expires_at.is_some_and(|expires_at| expires_at <= now)
    }

    /// Returns the expiry instant if the coupon is active and the instant has been reached: the
    /// expiry is then due, but not recorded. Callers record the expiry before they edit or delete
    /// the coupon. Otherwise the expiry event would be lost.
    pub fn due_expiry(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.terms.expires_at.filter(|expires_at| self.state == State::Active && *expires_at <= now)
    }

    /// Whether all redemptions are used. False while holds exist, because a hold that ends makes
    /// its redemption available again.
    pub fn is_exhausted(&self) -> bool {
        self.remaining.is_some_and(|remaining| remaining + self.held <= 0)
    }

    /// Returns the change that is needed to bring the coupon to state `to` at `now`. After the
    /// expiry instant, a coupon cannot be paused or activated. Pausing would lose the pending
    /// expiry event. Activating would not make the coupon usable, because its status would still be
    /// expired.
    pub fn switch(&self, to: State, now: DateTime<Utc>) -> StateChange {
        match self.state {
            State::Deleted => StateChange::Impossible(Status::Deleted),
            State::Expired => StateChange::Impossible(Status::Expired),
            state if state == to => StateChange::None,
            _ if self.is_past_expiry(now) => StateChange::Impossible(Status::Expired),
            State::Active | State::Paused => StateChange::Needed,
        }
    }

    /// Returns the status at `now`. The states deleted, paused and expired take precedence over the
    /// time and the counters.
    pub fn status(&self, now: DateTime<Utc>) -> Status {
        match self.state {
            State::Deleted => Status::Deleted,
            State::Paused => Status::Paused,
            State::Expired => Status::Expired,
            State::Active if self.is_past_expiry(now) => Status::Expired,
            State::Active if self.is_exhausted() => Status::Exhausted,
            State::Active if self.terms.starts_at.is_some_and(|starts_at| now < starts_at) => Status::Scheduled,
            State::Active => Status::Active,
        }
    }
}
