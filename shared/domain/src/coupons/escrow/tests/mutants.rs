//! Faulty versions of the protocol. Each must violate a property in some scenario: otherwise the condition or change
//! that it lacks is not needed, or the scenarios are too weak.

use std::mem::{Discriminant, discriminant};

use strum::VariantArray as _;

use super::super::write::{Kind, RootChange, RootCondition, ShardChange, ShardCondition, Write};
use super::super::{Root, Settings, Shard, ShardId, protocol};
use super::explorer::explore;
use super::scenarios;
use super::world::{Scenario, instant};

/// Part of a write that a mutant drops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    RootCondition(Discriminant<RootCondition>),
    ShardCondition(Discriminant<ShardCondition>),
    RedemptionCondition,
    RootChange(Discriminant<RootChange>),
    ShardChange(Discriminant<ShardChange>),
}

/// Step that a mutant does not make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Omission {
    /// An edit is answered before the open shards have its version.
    CopyBeforeAnswer,
    /// The expiry is announced before the open shards have the version of the root.
    CopyBeforeAnnounce,
    /// A request is rejected at an empty shard, although other shards may have tokens.
    RejectAtEmptyShard,
    /// A lowered limit is rejected before the shards are drained.
    Drain,
    /// Nothing makes this kind of write.
    Write(Kind),
}

/// Difference of a mutant from the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mutation {
    Drop(Kind, Part),
    Omit(Omission),
}

impl Scenario {
    /// Returns the write as the mutant makes it.
    pub(super) fn mutated(&self, mut write: Write) -> Write {
        let Some(Mutation::Drop(kind, part)) = self.mutation else { return write };
        if write.kind != kind {
            return write;
        }
        if let Some(root) = &mut write.root {
            root.conditions.retain(|condition| part != Part::RootCondition(discriminant(condition)));
            root.changes.retain(|change| part != Part::RootChange(discriminant(change)));
        }
        if let Some(shard) = &mut write.shard {
            shard.conditions.retain(|condition| part != Part::ShardCondition(discriminant(condition)));
            shard.changes.retain(|change| part != Part::ShardChange(discriminant(change)));
        }
        if let Some(redemption) = &mut write.redemption {
            redemption.condition = redemption.condition.filter(|_| part != Part::RedemptionCondition);
        }
        write
    }

    /// Whether the mutant omits this.
    pub(super) fn omits(&self, omission: Omission) -> bool {
        self.mutation == Some(Mutation::Omit(omission))
    }

    /// Whether the mutant never makes this write on behalf of a request or of the relay.
    pub(super) fn omits_write(&self, write: &Write) -> bool {
        self.omits(Omission::Write(write.kind))
    }
}

/// Returns an example of each kind of write, with all its conditions and changes.
fn examples() -> Vec<Write> {
    let id = ShardId::new(0).unwrap();
    let full = Root::new(Some(3), 2, Some(instant(1)));
    let used_up = Root { left: 0, ..full.clone() };
    let lowered = Settings { limit: 2, ..Settings::of(&full) };
    let raised = Settings { limit: 4, ..Settings::of(&full) };
    vec![
        protocol::take(id, 1),
        protocol::return_to_shard(id),
        protocol::return_to_root(&used_up),
        protocol::refill(&full, id, 1, 0),
        protocol::close(id, &Shard { remaining: 1, is_open: true, ..Shard::absent() }),
        protocol::sync(id, 2),
        protocol::edit(&full, &lowered),
        protocol::edit(&full, &raised),
        protocol::expire(&full),
        protocol::announce(&full),
    ]
}

/// Returns the mutants that lack one condition or one change of a write, with a description.
fn lacking_a_part() -> Vec<(String, Mutation)> {
    let mut mutants: Vec<(String, Mutation)> = Vec::new();
    for write in examples() {
        let mut add = |what: String, part: Part| {
            let mutation = Mutation::Drop(write.kind, part);
            if mutants.iter().all(|(_, known)| *known != mutation) {
                mutants.push((format!("{:?} without {what}", write.kind), mutation));
            }
        };
        for condition in write.root.iter().flat_map(|root| &root.conditions) {
            add(format!("condition {condition:?} of the root"), Part::RootCondition(discriminant(condition)));
        }
        for change in write.root.iter().flat_map(|root| &root.changes) {
            add(format!("change {change:?} of the root"), Part::RootChange(discriminant(change)));
        }
        for condition in write.shard.iter().flat_map(|shard| &shard.conditions) {
            add(format!("condition {condition:?} of the shard"), Part::ShardCondition(discriminant(condition)));
        }
        for change in write.shard.iter().flat_map(|shard| &shard.changes) {
            add(format!("change {change:?} of the shard"), Part::ShardChange(discriminant(change)));
        }
        if let Some(condition) = write.redemption.and_then(|redemption| redemption.condition) {
            add(format!("condition {condition:?} of the redemption"), Part::RedemptionCondition);
        }
    }
    mutants
}

/// Returns the first fault of the mutant in the scenarios.
fn fault_of(mutation: Mutation) -> Option<&'static str> {
    let mutants = scenarios::small().into_iter().map(|scenario| Scenario { mutation: Some(mutation), ..scenario });
    mutants.into_iter().find_map(|mutant| Some(explore(&mutant).err()?.what))
}

#[test]
fn protocol_without_any_one_condition_or_change_is_faulty() {
    let mutants = lacking_a_part();
    let has_example = |kind: &Kind| examples().iter().any(|write| write.kind == *kind);
    assert!(Kind::VARIANTS.iter().all(has_example), "a kind of write has no example");
    assert!(mutants.len() > 30, "{} mutants: the search for parts is broken", mutants.len());
    let is_harmless = |(_, mutation): &&(String, Mutation)| fault_of(*mutation).is_none();
    let harmless: Vec<_> = mutants.iter().filter(is_harmless).map(|(what, _)| what).collect();
    assert!(harmless.is_empty(), "{harmless:#?}");
}

#[test]
fn omitted_steps_of_the_protocol_are_faults() {
    let table = [
        (Omission::CopyBeforeAnswer, "edit was answered before every open shard has its version"),
        (Omission::CopyBeforeAnnounce, "redemption after the event expired"),
        (Omission::RejectAtEmptyShard, "request is answered limit reached while tokens are available"),
        (Omission::Drain, "limit was rejected although it is not below the redemptions"),
        (Omission::Write(Kind::Refill), "a fair run never settles"),
        (Omission::Write(Kind::Close), "all tokens are redeemed, and limit reached was not announced"),
    ];
    for (omission, fault) in table {
        assert_eq!(fault_of(Mutation::Omit(omission)), Some(fault), "{omission:?}");
    }
}
