//! Sequence numbers of the redemptions of all shards. The relay assigns them in stream order, a batch at a time.
//!
//! A shard counts its redemptions: the n-th has the position n, which the stream record of the shard shows. One write
//! gives the next free numbers to all positions of a batch that have none, and stores these ranges. A batch that is
//! delivered again, with the same or other boundaries, reads the numbers from the ranges. Numbers are therefore unique,
//! have no gaps, and never change. They increase within a shard. Across shards, they are in the order of the batches.
//!
//! The write is one transaction: the item of [`Numbers`] changes under the condition `next = :next` with the value that
//! was read, and each range is put. One transaction numbers all shards of a batch.

use std::collections::BTreeMap;

use super::shard::ShardId;

/// Item that holds the next number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Numbers {
    /// Next free number. The first is 1.
    pub next: i64,
    /// Last position of each shard that has a number. 0 for a shard that is not listed.
    pub numbered: BTreeMap<ShardId, i64>,
}

/// Numbers of consecutive positions of a shard. Stored under the coupon and shard, sorted by `from`, so that the range
/// of a position is the last one that begins at or before the position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NumberRange {
    pub shard: ShardId,
    /// First position.
    pub from: i64,
    /// Last position.
    pub to: i64,
    /// Number of the first position.
    pub first: i64,
}

/// One write that assigns numbers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Assignment {
    /// Condition: `next = :next`.
    pub expected_next: i64,
    pub ranges: Vec<NumberRange>,
    pub numbers: Numbers,
}

impl Default for Numbers {
    fn default() -> Self {
        Self { next: 1, numbered: BTreeMap::new() }
    }
}

impl Numbers {
    /// Returns the write that numbers all positions up to the last position that a batch contains of each shard. `None`
    /// if all of them have numbers.
    pub fn assign(&self, batch: &BTreeMap<ShardId, i64>) -> Option<Assignment> {
        let mut numbers = self.clone();
        let mut ranges = Vec::new();
        for (&shard, &to) in batch {
            let numbered = numbers.numbered.entry(shard).or_default();
            if *numbered < to {
                ranges.push(NumberRange { shard, from: *numbered + 1, to, first: numbers.next });
                numbers.next += to - *numbered;
                *numbered = to;
            }
        }
        (!ranges.is_empty()).then_some(Assignment { expected_next: self.next, ranges, numbers })
    }
}

impl NumberRange {
    /// Returns the number of a position, or `None` if the range does not contain it.
    pub fn number_of(&self, shard: ShardId, position: i64) -> Option<i64> {
        let contains = self.shard == shard && (self.from..=self.to).contains(&position);
        contains.then_some(self.first + position - self.from)
    }
}
