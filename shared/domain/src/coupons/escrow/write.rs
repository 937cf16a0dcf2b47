//! Writes as data: the conditions and the changes of each item that a write touches. The model check and the simulation
//! interpret the same data that an adapter translates into one DynamoDB transaction or conditional update.

use chrono::{DateTime, Utc};

use super::root::Root;
use super::shard::{Shard, ShardId};
use crate::coupons::coupon::State;

/// What a write does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::VariantArray)]
pub enum Kind {
    Take,
    ReturnToShard,
    ReturnToRoot,
    Refill,
    Close,
    Sync,
    Edit,
    Expire,
    Announce,
}

/// One atomic write of the protocol.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Write {
    pub kind: Kind,
    pub root: Option<RootWrite>,
    pub shard: Option<ShardWrite>,
    pub redemption: Option<RedemptionWrite>,
}

/// The part of a write that concerns the root.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RootWrite {
    pub conditions: Vec<RootCondition>,
    pub changes: Vec<RootChange>,
}

/// The part of a write that concerns one shard.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ShardWrite {
    pub shard: ShardId,
    pub conditions: Vec<ShardCondition>,
    pub changes: Vec<ShardChange>,
}

/// The part of a write that concerns the redemption of one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RedemptionWrite {
    pub condition: Option<RedemptionCondition>,
    pub change: RedemptionChange,
}

/// Condition on the root. The comment of each variant is its DynamoDB expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RootCondition {
    /// `version = :version`
    VersionIs(i64),
    /// `tokens_left >= :tokens`
    LeftAtLeast(i64),
    /// If true, `tokens_left = :zero AND attribute_not_exists(open)`. If false, `tokens_left > :zero OR
    /// attribute_exists(open)`. DynamoDB removes a set with its last member.
    ExhaustedIs(bool),
}

/// Change of the root. The comment of each variant is its DynamoDB expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RootChange {
    /// `ADD tokens_left :tokens`
    Left(i64),
    /// `ADD open :shard`
    Open(ShardId),
    /// `DELETE open :shard`
    Close(ShardId),
    /// `ADD limit_epoch :one`
    NewEpoch,
    /// `ADD max_redemptions :tokens`
    Limit(i64),
    /// `SET version = :version`
    Version(i64),
    /// `SET expires_at_ms = :expires_at`, or `REMOVE expires_at_ms`
    ExpiresAt(Option<DateTime<Utc>>),
    /// `SET #state = :state`
    State(State),
    /// `SET expiry_announced = :announced`
    Announced(bool),
    /// `SET shards = :shards`
    Shards(u8),
}

/// Condition on a shard. The comment of each variant is its DynamoDB expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ShardCondition {
    /// `remaining > :zero`
    HasTokens,
    /// `attribute_not_exists(remaining) OR remaining <= :tokens`
    RemainingAtMost(i64),
    /// `remaining = :tokens`
    RemainingIs(i64),
    /// `is_open = :true`
    IsOpen,
    /// `version = :version`
    VersionIs(i64),
    /// `version < :version`. False if the shard does not exist, so that this write creates no shard.
    OlderThan(i64),
}

/// Change of a shard. The comment of each variant is its DynamoDB expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ShardChange {
    /// `ADD remaining :tokens`
    Remaining(i64),
    /// `ADD taken :one`. The write also sets `last_redemption`, so that the stream record names the redemption that has
    /// the position `taken`.
    Taken,
    /// `SET is_open = :open`
    Open(bool),
    /// `SET version = :version`
    Version(i64),
}

/// Condition on the redemption of an order. The comment of each variant is its DynamoDB expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RedemptionCondition {
    /// `attribute_not_exists(pk)`. If false, the response to the request is the existing
    /// redemption.
    Absent,
    /// `redemption_id = :id`
    IsUnchanged,
}

/// Change of the redemption of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RedemptionChange {
    /// Puts the redemption.
    Put,
    /// Deletes the redemption, and puts it under the key of a redemption that was rolled back.
    MoveToRolledBack,
}

impl Write {
    /// Number of write units, if every item has at most 1 KB. DynamoDB charges 1 unit for an item, and 2 within a
    /// transaction.
    pub fn units(&self) -> i64 {
        let redemptions = match self.redemption.map(|write| write.change) {
            None => 0,
            Some(RedemptionChange::Put) => 1,
            Some(RedemptionChange::MoveToRolledBack) => 2,
        };
        match i64::from(self.root.is_some()) + i64::from(self.shard.is_some()) + redemptions {
            1 => 1,
            items => 2 * items,
        }
    }
}

impl RootWrite {
    /// Whether all conditions hold.
    pub fn holds(&self, root: &Root) -> bool {
        self.conditions.iter().all(|condition| match *condition {
            RootCondition::VersionIs(version) => root.version == version,
            RootCondition::LeftAtLeast(tokens) => root.left >= tokens,
            RootCondition::ExhaustedIs(exhausted) => root.is_exhausted() == exhausted,
        })
    }

    /// Makes the changes.
    pub fn apply(&self, root: &mut Root) {
        for change in &self.changes {
            match *change {
                RootChange::Left(tokens) => root.left += tokens,
                RootChange::Open(shard) => root.open.insert(shard),
                RootChange::Close(shard) => root.open.remove(shard),
                RootChange::NewEpoch => root.epoch = root.epoch.next(),
                RootChange::Limit(tokens) => root.limit += tokens,
                RootChange::Version(version) => root.version = version,
                RootChange::ExpiresAt(expires_at) => root.expires_at = expires_at,
                RootChange::State(state) => root.state = state,
                RootChange::Announced(announced) => root.is_expiry_announced = announced,
                RootChange::Shards(shards) => root.shards = shards,
            }
        }
    }
}

impl ShardWrite {
    /// Whether all conditions hold.
    pub fn holds(&self, shard: &Shard) -> bool {
        self.conditions.iter().all(|condition| match *condition {
            ShardCondition::HasTokens => shard.remaining > 0,
            ShardCondition::RemainingAtMost(tokens) => shard.remaining <= tokens,
            ShardCondition::RemainingIs(tokens) => shard.remaining == tokens,
            ShardCondition::IsOpen => shard.is_open,
            ShardCondition::VersionIs(version) => shard.version == version,
            ShardCondition::OlderThan(version) => shard.version < version,
        })
    }

    /// Makes the changes.
    pub fn apply(&self, shard: &mut Shard) {
        for change in &self.changes {
            match *change {
                ShardChange::Remaining(tokens) => shard.remaining += tokens,
                ShardChange::Taken => shard.taken += 1,
                ShardChange::Open(open) => shard.is_open = open,
                ShardChange::Version(version) => shard.version = version,
            }
        }
    }
}
