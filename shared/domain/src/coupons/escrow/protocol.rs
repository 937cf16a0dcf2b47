//! The writes of the protocol, one function each. The table in the documentation of [`escrow`](super) lists them.

use chrono::{DateTime, Utc};

use super::root::Root;
use super::shard::{Shard, ShardId};
use super::write::{
    Kind, RedemptionChange, RedemptionCondition, RedemptionWrite, RootChange, RootCondition, RootWrite, ShardChange,
    ShardCondition, ShardWrite, Write,
};
use crate::coupons::coupon::State;

/// Settings of a coupon that an edit replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Settings {
    /// New limit, or [`UNLIMITED`](super::UNLIMITED).
    pub limit: i64,
    pub expires_at: Option<DateTime<Utc>>,
    pub state: State,
    pub shards: u8,
}

impl Settings {
    /// Returns the settings that a root has.
    pub fn of(root: &Root) -> Self {
        Self { limit: root.limit, expires_at: root.expires_at, state: root.state, shards: root.shards }
    }
}

/// Redeems: takes one token of a shard and puts the redemption. `version` is the version of the terms and state with
/// which the request was decided. The request has compared its time with the expiry of that version, so the shard does
/// not need the expiry.
pub fn take(shard: ShardId, version: i64) -> Write {
    let conditions = vec![ShardCondition::HasTokens, ShardCondition::VersionIs(version)];
    Write {
        kind: Kind::Take,
        root: None,
        shard: Some(ShardWrite { shard, conditions, changes: vec![ShardChange::Remaining(-1), ShardChange::Taken] }),
        redemption: Some(RedemptionWrite {
            condition: Some(RedemptionCondition::Absent),
            change: RedemptionChange::Put,
        }),
    }
}

/// Rolls back a redemption whose shard is open: the token returns to the shard.
pub fn return_to_shard(shard: ShardId) -> Write {
    let conditions = vec![ShardCondition::IsOpen];
    Write {
        kind: Kind::ReturnToShard,
        root: None,
        shard: Some(ShardWrite { shard, conditions, changes: vec![ShardChange::Remaining(1)] }),
        redemption: Some(RedemptionWrite {
            condition: Some(RedemptionCondition::IsUnchanged),
            change: RedemptionChange::MoveToRolledBack,
        }),
    }
}

/// Rolls back a redemption whose shard is closed: the token returns to the root. If the coupon was exhausted, a new
/// epoch begins.
pub fn return_to_root(root: &Root) -> Write {
    let exhausted = root.is_exhausted();
    let mut changes = vec![RootChange::Left(1)];
    if exhausted {
        changes.push(RootChange::NewEpoch);
    }
    Write {
        kind: Kind::ReturnToRoot,
        root: Some(RootWrite { conditions: vec![RootCondition::ExhaustedIs(exhausted)], changes }),
        shard: None,
        redemption: Some(RedemptionWrite {
            condition: Some(RedemptionCondition::IsUnchanged),
            change: RedemptionChange::MoveToRolledBack,
        }),
    }
}

/// Moves `tokens` from the root to a shard that has at most `low` tokens, and opens the shard with the version of the
/// root. Several requests can try to refill a shard at once: the condition on the shard lets one succeed.
pub fn refill(root: &Root, shard: ShardId, tokens: i64, low: i64) -> Write {
    Write {
        kind: Kind::Refill,
        root: Some(RootWrite {
            conditions: vec![RootCondition::LeftAtLeast(tokens), RootCondition::VersionIs(root.version)],
            changes: vec![RootChange::Left(-tokens), RootChange::Open(shard)],
        }),
        shard: Some(ShardWrite {
            shard,
            conditions: vec![ShardCondition::RemainingAtMost(low)],
            changes: vec![ShardChange::Remaining(tokens), ShardChange::Open(true), ShardChange::Version(root.version)],
        }),
        redemption: None,
    }
}

/// Closes a shard and moves its tokens to the root. If the shard has no tokens, the root has none, and no other shard
/// is open, then this write exhausts the coupon.
pub fn close(shard: ShardId, seen: &Shard) -> Write {
    let tokens = seen.remaining;
    Write {
        kind: Kind::Close,
        root: Some(RootWrite {
            conditions: Vec::new(),
            changes: vec![RootChange::Left(tokens), RootChange::Close(shard)],
        }),
        shard: Some(ShardWrite {
            shard,
            conditions: vec![ShardCondition::RemainingIs(tokens)],
            changes: vec![ShardChange::Remaining(-tokens), ShardChange::Open(false)],
        }),
        redemption: None,
    }
}

/// Copies the version of the root to a shard. Requests that know an earlier version then read the coupon again.
pub fn sync(shard: ShardId, version: i64) -> Write {
    Write {
        kind: Kind::Sync,
        root: None,
        shard: Some(ShardWrite {
            shard,
            conditions: vec![ShardCondition::OlderThan(version)],
            changes: vec![ShardChange::Version(version)],
        }),
        redemption: None,
    }
}

/// Edits the coupon. A raised limit adds tokens to the root and begins a new epoch. A lowered limit takes tokens from
/// the root only; [`edit_step`](super::plan::edit_step) closes shards first if the root has too few.
pub fn edit(root: &Root, to: &Settings) -> Write {
    let tokens = to.limit - root.limit;
    let mut conditions = vec![RootCondition::VersionIs(root.version)];
    let mut changes = vec![
        RootChange::Version(root.version + 1),
        RootChange::ExpiresAt(to.expires_at),
        RootChange::State(to.state),
        RootChange::Shards(to.shards),
    ];
    if tokens < 0 {
        conditions.push(RootCondition::LeftAtLeast(-tokens));
    }
    if tokens != 0 {
        changes.extend([RootChange::Limit(tokens), RootChange::Left(tokens)]);
    }
    if tokens > 0 {
        changes.push(RootChange::NewEpoch);
    }
    if to.state == State::Active {
        changes.push(RootChange::Announced(false));
    }
    Write { kind: Kind::Edit, root: Some(RootWrite { conditions, changes }), shard: None, redemption: None }
}

/// Records the expiry. The new version stops redemptions in every shard that gets it.
pub fn expire(root: &Root) -> Write {
    next_version(Kind::Expire, root, vec![RootChange::State(State::Expired)])
}

/// Announces the expiry. The stream record of this write is the event *expired*. All open shards must have the version
/// of the root before (see [`expiry_step`](super::plan::expiry_step)), so that no redemption follows the event, not even
/// one whose request took long.
pub fn announce(root: &Root) -> Write {
    next_version(Kind::Announce, root, vec![RootChange::Announced(true)])
}

/// Builds a write of the root whose only condition is the version of the root. Increments the
/// version.
fn next_version(kind: Kind, root: &Root, mut changes: Vec<RootChange>) -> Write {
    changes.push(RootChange::Version(root.version + 1));
    let conditions = vec![RootCondition::VersionIs(root.version)];
    Write { kind, root: Some(RootWrite { conditions, changes }), shard: None, redemption: None }
}
