//! The coupon: its terms, its counters and its state.

mod action;
mod amounts;
mod discount;
mod duration;
mod edit;
mod instants;
mod notices;
mod only_for;
mod terms;

pub use action::{CouponAction, CouponDecision};
pub use amounts::Amounts;
pub use discount::{AmountOff, AppliesTo, CouponType, CouponValue, Discount};
pub use duration::Duration;
pub use edit::{Edit, LimitChange};
pub use instants::{UnknownZone, ZoneName, parse_instant};
pub use notices::Threshold;
pub use only_for::OnlyFor;
pub use terms::{CodeType, Terms};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{CouponId, ExecutionId};

/// What an operator or the clock has done to a coupon; what it means to a customer is its [`Status`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Switched on.
    Active,
    /// Switched off by an operator or a workflow.
    Paused,
    /// Its expiry has been recorded, and fired.
    Expired,
    /// Gone for everyone but the records.
    Deleted,
}

impl State {
    /// The name under which it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Expired => "expired",
            Self::Deleted => "deleted",
        }
    }
}

/// What a coupon is at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Its start lies ahead.
    Scheduled,
    /// It can be redeemed.
    Active,
    /// Switched off.
    Paused,
    /// Every permitted redemption is used.
    Exhausted,
    /// Its expiry instant has passed.
    Expired,
    /// Deleted.
    Deleted,
}

/// What it takes to bring a coupon to a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// Nothing: it is there.
    None,
    /// A write.
    Needed,
    /// It can't be done: the coupon is this, for good.
    Refused(Status),
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Scheduled, Self::Active, Self::Paused, Self::Exhausted, Self::Expired, Self::Deleted];

    /// The name, as in `"status": "paused"`.
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

/// A coupon: terms, and what became of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coupon {
    /// Its id.
    pub id: CouponId,
    /// What the operator decided.
    pub terms: Terms,
    /// Counts up with every change of the terms or the state, never with a redemption. A write that relies on terms
    /// names the version it relies on.
    pub version: i64,
    /// Switched on, off, expired or deleted.
    pub state: State,
    /// Redemptions committed and not given back.
    pub times_redeemed: i64,
    /// Redemptions ever committed; the number of the latest.
    pub redemption_seq: i64,
    /// Redemptions reserved by holds.
    pub held: i64,
    /// What may still be redeemed or held; none where there is no limit.
    pub remaining: Option<i64>,
    /// Starts anew when an exhausted coupon opens again.
    pub limit_epoch: i64,
    /// Applications recorded, counted from the event stream.
    pub times_applied: i64,
    /// The execution that issued it, or extended it last.
    pub caused_by: Option<ExecutionId>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When terms or state changed last.
    pub updated_at: DateTime<Utc>,
}

impl Coupon {
    /// A new coupon, switched on.
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

    /// The same, issued by an execution.
    #[must_use]
    pub fn caused_by(self, execution: &ExecutionId) -> Self {
        Self { caused_by: Some(execution.clone()), ..self }
    }

    /// Whether a code is one of the coupon's that customers may type, where it is the coupon's own.
    pub fn takes_its_own_code(&self) -> bool {
        self.terms.code_type == CodeType::Shared
    }

    /// Whether a unique code of it is redeemed in its own item alone: nothing but the code is limited. Who has issued codes
    /// under such terms can't introduce a limit any more.
    pub fn counts_by_code(&self) -> bool {
        let Terms { code_type, max_redemptions, max_redemptions_per_customer, .. } = &self.terms;
        *code_type == CodeType::Unique && max_redemptions.is_none() && max_redemptions_per_customer.is_none()
    }

    /// Whether every permitted redemption stands.
    pub fn is_full(&self) -> bool {
        self.terms.max_redemptions.is_some_and(|max| self.times_redeemed >= max)
    }

    /// The coupon as somebody sees it who holds one of its redemptions: theirs is free to them.
    #[must_use]
    pub fn with_hold_returned(&self) -> Self {
        let remaining = self.remaining.map(|remaining| remaining + 1);
        Self { remaining, held: self.held - 1, ..self.clone() }
    }

    /// Whether its expiry instant has come.
    pub fn is_past_expiry(&self, now: DateTime<Utc>) -> bool {
        self.terms.expires_at.is_some_and(|expires_at| expires_at <= now)
    }

    /// The expiry instant that has come and is not recorded yet. It is recorded before the coupon is changed otherwise: an
    /// active coupon is owed that event.
    pub fn expiry_due(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.terms.expires_at.filter(|expires_at| self.state == State::Active && *expires_at <= now)
    }

    /// Whether no redemption is left and none is held that might come back.
    pub fn is_exhausted(&self) -> bool {
        self.remaining.is_some_and(|remaining| remaining + self.held <= 0)
    }

    /// What it takes to switch the coupon on or off at `now`. Past its expiry instant it stays as it is: switched off it
    /// would lose the expiry that it is owed, and switched on it would never have one.
    pub fn switch(&self, to: State, now: DateTime<Utc>) -> Switch {
        match self.state {
            State::Deleted => Switch::Refused(Status::Deleted),
            State::Expired => Switch::Refused(Status::Expired),
            state if state == to => Switch::None,
            _ if self.is_past_expiry(now) => Switch::Refused(Status::Expired),
            State::Active | State::Paused => Switch::Needed,
        }
    }

    /// What it is at `now`. What an operator did comes before what the clock and the counter did.
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
