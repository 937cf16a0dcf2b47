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
pub use terms::{CodeType, Terms};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::kernel::ids::{CouponId, ExecutionId};

/// Stored state of a coupon, set by operators, workflows and the expiry timer. [`Status`] is what customers see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Active,
    Paused,
    /// The expiry has been recorded and its event is committed.
    Expired,
    /// Kept for records only; the coupon can no longer be used.
    Deleted,
}

impl State {
    /// Stored name of the state.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Expired => "expired",
            Self::Deleted => "deleted",
        }
    }
}

/// Status of a coupon at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The start of the coupon lies in the future.
    Scheduled,
    /// The coupon can be applied and redeemed.
    Active,
    /// An operator or a workflow has paused the coupon.
    Paused,
    /// All permitted redemptions are used.
    Exhausted,
    /// The expiry instant has passed.
    Expired,
    /// The coupon was deleted.
    Deleted,
}

/// What is needed to bring a coupon to a requested state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateChange {
    /// No write: the coupon is already in that state.
    None,
    /// A write.
    Needed,
    /// The change is impossible: the coupon has this final status.
    Impossible(Status),
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 6] =
        [Self::Scheduled, Self::Active, Self::Paused, Self::Exhausted, Self::Expired, Self::Deleted];

    /// Name of the status in the API, as in `"status": "paused"`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Exhausted => "exhausted",
            Self::Expired => "expired",
            Self::Deleted => "deleted",
        }
    }
}

/// A coupon: its terms, its counters and its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coupon {
    pub id: CouponId,
    pub terms: Terms,
    /// Number that increases with every change of terms or state, but not with redemptions. A write that relies on the
    /// terms is conditional on this version (optimistic locking).
    pub version: i64,
    pub state: State,
    /// Committed redemptions, without those that a rollback released.
    pub times_redeemed: i64,
    /// All redemptions ever committed. Equals the number of the latest redemption.
    pub redemption_seq: i64,
    /// Redemptions reserved by holds.
    pub held: i64,
    /// Redemptions that can still be redeemed or held. `None` if there is no limit.
    pub remaining: Option<i64>,
    /// Number of the limit epoch. It increases when an edit raises, removes or introduces the limit and when a rollback
    /// reopens a full coupon. *Limit reached* and each threshold fire once per epoch.
    pub limit_epoch: i64,
    /// Applications recorded, counted from the event stream.
    pub times_applied: i64,
    /// Workflow execution that issued the coupon or edited its terms last. Cleared when an operator changes the expiry.
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
            version: 1,
            state: State::Active,
            times_redeemed: 0,
            redemption_seq: 0,
            held: 0,
            remaining: terms.max_redemptions,
            limit_epoch: 1,
            times_applied: 0,
            caused_by: None,
            created_at: now,
            updated_at: now,
            terms,
        }
    }

    /// Returns the coupon marked as issued by `execution`.
    #[must_use]
    pub fn caused_by(self, execution: &ExecutionId) -> Self {
        Self { caused_by: Some(execution.clone()), ..self }
    }

    /// Whether customers can use the coupon's own code, as opposed to unique codes.
    pub fn accepts_own_code(&self) -> bool {
        self.terms.code_type == CodeType::Shared
    }

    /// Whether redeeming a unique code of this coupon writes only the item of that code, because neither the coupon nor
    /// the customer has a limit. A limit cannot be introduced later under such terms.
    pub fn is_unlimited_unique(&self) -> bool {
        let Terms { code_type, max_redemptions, max_redemptions_per_customer, .. } = &self.terms;
        *code_type == CodeType::Unique && max_redemptions.is_none() && max_redemptions_per_customer.is_none()
    }

    /// Whether committed redemptions have reached the limit. Held redemptions are not counted.
    pub fn is_limit_reached(&self) -> bool {
        self.terms.max_redemptions.is_some_and(|max| self.times_redeemed >= max)
    }

    /// Returns the coupon as it appears to a purchase that owns one of its holds: the held redemption counts as
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

    /// Returns the expiry instant if it has been reached but not recorded. Callers record the expiry before any other
    /// change, so that the expiry event of an active coupon is never lost.
    pub fn due_expiry(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.terms.expires_at.filter(|expires_at| self.state == State::Active && *expires_at <= now)
    }

    /// Whether no redemption is left and no hold could return one.
    pub fn is_exhausted(&self) -> bool {
        self.remaining.is_some_and(|remaining| remaining + self.held <= 0)
    }

    /// Returns what is needed to bring the coupon to state `to` at `now`. After the expiry instant a coupon cannot be
    /// paused or activated: a paused coupon would lose its pending expiry event, and a reactivated one would never
    /// expire.
    pub fn switch(&self, to: State, now: DateTime<Utc>) -> StateChange {
        match self.state {
            State::Deleted => StateChange::Impossible(Status::Deleted),
            State::Expired => StateChange::Impossible(Status::Expired),
            state if state == to => StateChange::None,
            _ if self.is_past_expiry(now) => StateChange::Impossible(Status::Expired),
            State::Active | State::Paused => StateChange::Needed,
        }
    }

    /// Returns the status at `now`. Deleted, paused and expired states take precedence over what the clock and the
    /// counters say.
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
