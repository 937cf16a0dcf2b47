//! Properties of the protocol.

use super::super::write::{Kind, ShardChange, Write};
use super::super::{Root, Settings};
use super::world::{Change, Priced, Scenario, World, instant};
use crate::coupons::coupon::State;

/// Highest version that two edits and three expiries can reach. An expiry is two writes.
const MAX_VERSION: i64 = 9;

/// Returns the invariant that a state violates.
pub(super) fn of_state(world: &World) -> Option<&'static str> {
    let root = &world.root;
    let holds = [
        ("number of tokens is negative", root.left >= 0 && world.shards.iter().all(|shard| shard.remaining >= 0)),
        ("more redemptions than the limit", world.redeemed() <= root.limit),
        ("token was lost or duplicated", root.limit == world.available() + world.redeemed()),
        ("closed shard has tokens", world.shards.iter().all(|shard| shard.is_open || shard.remaining == 0)),
        (
            "root and shard disagree whether the shard is open",
            world
                .shards
                .iter()
                .zip(0..)
                .all(|(shard, number)| shard.is_open == root.open.iter().any(|open| open.number() == number)),
        ),
        ("two events limit reached in one epoch", world.history.limit_events.iter().all(|events| *events <= 1)),
        ("writes of the root change nothing but the version", root.version <= MAX_VERSION),
        ("two events expired of one expiry", world.history.expired_events <= 1),
        (
            "positions are not the redemptions in their order",
            world.shards.iter().map(|shard| shard.taken).sum::<i64>()
                == world.history.generations.iter().map(|made| i64::from(*made)).sum::<i64>(),
        ),
    ];
    let violated = holds.into_iter().find(|(_, holds)| !holds).map(|(what, _)| what);
    violated.or_else(|| world.is_settled().then(|| of_settled(world)).flatten())
}

/// Returns the property that a settled state violates.
fn of_settled(world: &World) -> Option<&'static str> {
    let events = world.history.limit_events.get(world.root.epoch.get() as usize).copied().unwrap_or(0);
    let is_open = |number: u8| world.root.open.iter().any(|shard| shard.number() == number);
    if world.available() == 0 && events != 1 {
        Some("all tokens are redeemed, and limit reached was not announced")
    } else if world.available() > 0 && events != 0 {
        Some("limit reached was announced in this epoch, and tokens are available")
    } else if (world.root.shards..world.shards.len() as u8).any(is_open) {
        Some("shard that the coupon no longer has is open")
    } else if world.root.open.iter().any(|shard| world.shard(shard).version != world.root.version) {
        Some("open shard does not have the version of the root")
    } else if world.root.state == State::Expired && world.history.expired_events != 1 {
        Some("expired was not announced")
    } else {
        None
    }
}

/// Returns the property that a committed write violates. `priced` is the state on which a redeem request was decided.
pub(super) fn of_write(
    before: &World,
    write: &Write,
    priced: Option<Priced>,
    scenario: &Scenario,
) -> Option<&'static str> {
    let shard = write.shard.as_ref().map(|write| (write, before.shard(write.shard)));
    match write.kind {
        Kind::Take => {
            let Priced { edits, minute } = priced?;
            let is_current = edits == before.history.edits;
            if edits < before.history.answered_edits {
                Some("redemption has terms that an answered edit replaced")
            } else if before.history.expired_events > 0 {
                Some("redemption after the event expired")
            } else if is_current && before.root.is_past_expiry(instant(minute)) {
                Some("redemption at or after the expiry")
            } else {
                None
            }
        }
        Kind::Refill => {
            let (write, shard) = shard?;
            let tokens = write.changes.iter().find_map(|change| match change {
                ShardChange::Remaining(tokens) => Some(*tokens),
                ShardChange::Taken | ShardChange::Open(_) | ShardChange::Version(_) => None,
            });
            let most = scenario.policy.low_water + tokens?;
            (shard.remaining + tokens? > most).then_some("shard was refilled although it had enough tokens")
        }
        Kind::ReturnToShard | Kind::ReturnToRoot | Kind::Close | Kind::Sync => None,
        Kind::Edit | Kind::Expire | Kind::Announce => None,
    }
}

/// Returns the property that the response "limit reached" to a redeem request violates.
pub(super) fn of_limit_reached(world: &World) -> Option<&'static str> {
    (world.available() > 0).then_some("request is answered limit reached while tokens are available")
}

/// Returns the property that the rejection of a new limit violates. The edit was rejected because `limit` is below the
/// number of redemptions.
pub(super) fn of_rejected_limit(world: &World, limit: i64) -> Option<&'static str> {
    (limit >= world.redeemed()).then_some("limit was rejected although it is not below the redemptions")
}

/// Returns the property that the response to an edit violates.
pub(super) fn of_answered_edit(world: &World, version: i64) -> Option<&'static str> {
    let is_old = world.root.open.iter().any(|shard| world.shard(shard).version < version);
    is_old.then_some("edit was answered before every open shard has its version")
}

/// Returns the property that the root violates after the write of an edit.
pub(super) fn of_committed_edit(root: &Root, change: Change) -> Option<&'static str> {
    (change.on(root) != Settings::of(root)).then_some("edit did not take effect")
}
