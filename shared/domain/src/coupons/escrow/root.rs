//! The root of the escrow: the tokens that no shard holds.

use chrono::{DateTime, Utc};

use super::shard::ShardSet;
use crate::coupons::coupon::State;
use crate::kernel::counters::LimitEpoch;

/// Number of tokens of a coupon without a limit: more than any coupon can redeem. Introducing a limit lowers this
/// number, and removing the limit raises it again, so that both are exact and need no rule of their own.
pub const UNLIMITED: i64 = 1 << 52;

/// Item of the root. Sums of the tokens are exact: `limit` = `left` + tokens of all shards + redemptions.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Root {
    /// Version of the coupon's terms and state. Every edit increments it.
    pub version: i64,
    pub expires_at: Option<DateTime<Utc>>,
    pub state: State,
    /// Whether the event *expired* has been announced since the coupon was last active.
    pub is_expiry_announced: bool,
    /// Maximum number of redemptions, or [`UNLIMITED`].
    pub limit: i64,
    /// Tokens that are in no shard.
    pub left: i64,
    /// Shards that may hold tokens.
    pub open: ShardSet,
    /// Number of shards over which redemptions are spread. Can change while the coupon is used.
    pub shards: u8,
    /// Increases when the limit rises, and when a rollback returns a token to an exhausted coupon.
    pub epoch: LimitEpoch,
}

/// Reason why a coupon cannot be redeemed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unavailable {
    /// The coupon is paused or deleted.
    Inactive,
    Expired,
    LimitReached,
}

impl Root {
    /// Returns the root of a new coupon. All tokens are in the root, and no shard exists.
    pub fn new(limit: Option<i64>, shards: u8, expires_at: Option<DateTime<Utc>>) -> Self {
        let limit = limit.unwrap_or(UNLIMITED);
        Self {
            version: 1,
            expires_at,
            state: State::Active,
            is_expiry_announced: false,
            limit,
            left: limit,
            open: ShardSet::default(),
            shards,
            epoch: LimitEpoch::FIRST,
        }
    }

    /// Whether all tokens are used. Exact although shards are other items: a closed shard holds no tokens.
    pub fn is_exhausted(&self) -> bool {
        self.left == 0 && self.open.is_empty()
    }

    /// Whether the write that replaced `before` by `self` exhausted the coupon. The stream record of this write is the
    /// event *limit reached*. Every write that makes an exhausted coupon available again begins a new epoch, so this
    /// happens at most once per epoch.
    pub fn reaches_limit(&self, before: &Self) -> bool {
        self.is_exhausted() && !before.is_exhausted()
    }

    /// Returns the reason why the coupon cannot be redeemed at `now`. `None` if it can be redeemed.
    pub fn unavailable(&self, now: DateTime<Utc>) -> Option<Unavailable> {
        match self.state {
            State::Deleted => Some(Unavailable::Inactive),
            State::Expired => Some(Unavailable::Expired),
            State::Active | State::Paused if self.is_past_expiry(now) => Some(Unavailable::Expired),
            State::Active | State::Paused if self.is_exhausted() => Some(Unavailable::LimitReached),
            State::Paused => Some(Unavailable::Inactive),
            State::Active => None,
        }
    }

    /// Whether the expiry instant has been reached. The instant itself counts as expired.
    pub fn is_past_expiry(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= now)
    }
}
