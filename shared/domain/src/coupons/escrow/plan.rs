//! Decides which write is next, based on items that were read. The items may have changed since they were read. Each
//! write has the conditions that make it safe. If the conditions fail, the caller reads the items again and decides
//! again.

use chrono::{DateTime, Utc};

use super::protocol::{self, Settings};
use super::root::Root;
use super::shard::{Shard, ShardId, ShardSet};
use super::sizing::Policy;
use super::write::Write;
use crate::coupons::coupon::State;

/// Next step of a redeem request, after it has read the root and one shard.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RedeemStep {
    /// Take a token of the shard.
    Take,
    /// Make this write, then read the root again. The relay also makes this write. A request therefore tries another
    /// shard first, with a new digest, until [`Policy::helps`].
    First(Write),
    /// The shard was closed after the root was read: read the root again.
    ReadAgain,
}

/// Next step of an edit, after it has read the root.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum EditStep {
    /// The root has the new settings. Copy the version to every open shard, then respond.
    Done,
    /// Make this write, then read the root again.
    Write(Write),
    /// Close this shard, then read the root again: the root has too few tokens.
    Drain(ShardId),
    /// Record the expiry, then read the root again. Otherwise the event *expired* would be lost.
    RecordExpiry,
    /// Reject the edit: the new limit would be below this number, which is already redeemed.
    BelowRedeemed(i64),
}

/// Next step of recording the expiry.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ExpiryStep {
    /// Make this write, then read the root again.
    Expire(Write),
    /// Try each write of `before`, in any order, then make the write `announce`.
    Announce { before: Vec<Write>, announce: Write },
}

/// Selects the shard for a redeem request. `digest` spreads requests over the shards. A shard without tokens is
/// selected only while the root can refill it. Returns `None` if the coupon is exhausted.
pub fn pick(root: &Root, digest: u64) -> Option<ShardId> {
    let own = ShardId::of_digest(digest, root.shards);
    if root.left > 0 || root.open.contains(own) {
        return Some(own);
    }
    let open = u64::from(root.open.len());
    let place = digest.checked_rem(open)?;
    root.open.iter().nth(place as usize)
}

/// Returns the next step of a redeem request for a coupon that can be redeemed.
///
/// | shard | root | step |
/// |---|---|---|
/// | open, older version | | copy the version |
/// | has tokens | | take |
/// | no tokens | has tokens | refill |
/// | no tokens, open | no tokens | close |
/// | closed | no tokens | read again |
pub fn redeem_step(root: &Root, id: ShardId, shard: &Shard, policy: &Policy) -> RedeemStep {
    if shard.is_open && shard.version < root.version {
        RedeemStep::First(protocol::sync(id, root.version))
    } else if shard.remaining > 0 {
        RedeemStep::Take
    } else if root.left > 0 {
        RedeemStep::First(protocol::refill(root, id, policy.grant(root), 0))
    } else if shard.is_open {
        RedeemStep::First(protocol::close(id, shard))
    } else {
        RedeemStep::ReadAgain
    }
}

/// Returns the write that a shard needs after a change. The relay calls this function for each stream record of an open
/// shard, and for the shards of [`shards_to_tend`], until no write is needed.
///
/// | shard | root | write |
/// |---|---|---|
/// | open, number not below `shards` | | close |
/// | open, older version | | copy the version |
/// | few tokens | active, has tokens | refill |
/// | open, no tokens | no tokens | close |
/// | otherwise | | none |
pub fn tend(root: &Root, id: ShardId, shard: &Shard, policy: &Policy) -> Option<Write> {
    let is_surplus = id.number() >= root.shards;
    let low = policy.low(root);
    if shard.is_open && is_surplus {
        Some(protocol::close(id, shard))
    } else if shard.is_open && shard.version < root.version {
        Some(protocol::sync(id, root.version))
    } else if !is_surplus && shard.remaining <= low && root.left > 0 && root.state == State::Active {
        Some(protocol::refill(root, id, policy.grant(root), low))
    } else if shard.is_open && shard.remaining == 0 && root.left == 0 {
        Some(protocol::close(id, shard))
    } else {
        None
    }
}

/// Returns the shards that the relay tends after a write of the root. An edit concerns all open shards. New tokens, of a
/// new coupon or a raised limit, are also spread over shards that are closed, before the first request needs them.
pub fn shards_to_tend(before: Option<&Root>, after: &Root) -> ShardSet {
    let mut shards = ShardSet::default();
    if before.is_none_or(|before| before.version != after.version) {
        shards = after.open;
    }
    if before.is_none_or(|before| before.epoch != after.epoch) {
        (0..after.shards).filter_map(ShardId::new).for_each(|id| shards.insert(id));
    }
    shards
}

/// Returns the write that rolls back a redemption of this shard.
///
/// | shard | write |
/// |---|---|
/// | open | return the token to the shard |
/// | closed | return the token to the root; begin a new epoch if the coupon was exhausted |
pub fn roll_back(root: &Root, id: ShardId, shard: &Shard) -> Write {
    match shard.is_open {
        true => protocol::return_to_shard(id),
        false => protocol::return_to_root(root),
    }
}

/// Returns the next step of an edit. A request that lowers the limit by more than the root has closes open shards one by
/// one. Redeem requests can refill these shards meanwhile, so the caller bounds its attempts and reports a conflict.
///
/// | new limit | root | step |
/// |---|---|---|
/// | | expiry is due or not announced | record the expiry |
/// | same settings | | done |
/// | not lowered, or lowered by at most `left` | | write |
/// | lowered by more than `left` | shards are open | drain one |
/// | lowered by more than `left` | no shard is open | reject |
pub fn edit_step(root: &Root, to: &Settings, now: DateTime<Utc>) -> EditStep {
    if expiry_step(root, now).is_some() {
        EditStep::RecordExpiry
    } else if Settings::of(root) == *to {
        EditStep::Done
    } else if root.limit - to.limit <= root.left {
        EditStep::Write(protocol::edit(root, to))
    } else if let Some(shard) = root.open.iter().next() {
        EditStep::Drain(shard)
    } else {
        EditStep::BelowRedeemed(root.limit - root.left)
    }
}

/// Returns the next step of recording the expiry, or `None` if the expiry is not due or is announced.
///
/// | state | step |
/// |---|---|
/// | active, expiry instant reached | expire |
/// | expired, not announced | copy the version to the open shards, then announce |
/// | otherwise | none |
pub fn expiry_step(root: &Root, now: DateTime<Utc>) -> Option<ExpiryStep> {
    match root.state {
        State::Active if root.is_past_expiry(now) => Some(ExpiryStep::Expire(protocol::expire(root))),
        State::Expired if !root.is_expiry_announced => Some(ExpiryStep::Announce {
            before: root.open.iter().map(|shard| protocol::sync(shard, root.version)).collect(),
            announce: protocol::announce(root),
        }),
        State::Active | State::Paused | State::Expired | State::Deleted => None,
    }
}
