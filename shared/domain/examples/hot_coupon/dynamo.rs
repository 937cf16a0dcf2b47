//! Model of the limits of DynamoDB that matter for one coupon.
//!
//! - Each item is alone in its partition, which takes 1,000 write units per second, with a burst of 100 ms. (DynamoDB
//!   grants longer bursts. It moves hot items to partitions of their own only after a while.)
//! - A transaction costs 2 units per item: 1 to prepare and 1 to commit. A failed condition costs the same.
//! - A transaction holds its items while it is in flight, unless a condition fails (Idziorek et al., "Distributed
//!   Transactions at Scale in Amazon DynamoDB", USENIX ATC 2023). Any other write of such an item is a conflict, and
//!   costs the unit of the prepare step for each item.
//! - AWS does not publish how long a transaction holds its items: it is a parameter.

use couponflow_domain::coupons::escrow::write::{RedemptionChange, Write};
use couponflow_domain::coupons::escrow::{Root, Shard};

/// Microseconds of virtual time.
pub(crate) type Micros = u64;

const UNITS_PER_SECOND: u64 = 1_000;
const BURST_UNITS: u64 = 100;

/// Result of an attempt to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Committed,
    ConditionFailed,
    Conflict,
    Throttled,
}

/// One item in a partition of its own.
#[derive(Debug, Clone, Default)]
struct Place {
    held_until: Micros,
    /// Instant at which all units of the partition are available again.
    full_at: Micros,
}

impl Place {
    /// Takes units of the partition. Returns whether it has so many.
    fn charge(&mut self, units: u64, now: Micros) -> bool {
        let cost = units * 1_000_000 / UNITS_PER_SECOND;
        let full_at = self.full_at.max(now) + cost;
        let fits = full_at <= now + BURST_UNITS * 1_000_000 / UNITS_PER_SECOND;
        if fits {
            self.full_at = full_at;
        }
        fits
    }
}

/// The items of the coupon.
pub(crate) struct Table {
    pub(crate) root: Root,
    pub(crate) shards: Vec<Shard>,
    in_flight: Micros,
    root_place: Place,
    shard_places: Vec<Place>,
    /// Units of all writes, without conflicts.
    pub(crate) units: u64,
    pub(crate) units_of_conflicts: u64,
    pub(crate) conflicts: u64,
    /// Number of events *limit reached*.
    pub(crate) limit_events: u64,
}

impl Table {
    pub(crate) fn new(root: Root, in_flight: Micros) -> Self {
        let shards = usize::from(root.shards);
        Self {
            root,
            shards: vec![Shard::absent(); shards],
            in_flight,
            root_place: Place::default(),
            shard_places: vec![Place::default(); shards],
            units: 0,
            units_of_conflicts: 0,
            conflicts: 0,
            limit_events: 0,
        }
    }

    /// Tries a write. `is_repeated` states whether the order already has a redemption.
    pub(crate) fn attempt(&mut self, write: &Write, is_repeated: bool, now: Micros) -> Outcome {
        let units = write.units() as u64;
        let is_transaction = units > 1;
        let shard = write.shard.as_ref().map(|write| usize::from(write.shard.number()));
        let mut places: Vec<&mut Place> = Vec::new();
        places.extend(write.root.as_ref().map(|_| &mut self.root_place));
        places.extend(shard.map(|number| &mut self.shard_places[number]));
        let conflicts = places.iter().any(|place| place.held_until > now);
        let per_item = if is_transaction && !conflicts { 2 } else { 1 };
        // Every partition is charged, also if another one throttles the write.
        let throttled = places.iter_mut().filter_map(|place| (!place.charge(per_item, now)).then_some(())).count();
        if throttled > 0 {
            return Outcome::Throttled;
        }
        if conflicts {
            self.conflicts += 1;
            self.units_of_conflicts += if is_transaction { units / 2 } else { units };
            return Outcome::Conflict;
        }
        self.units += units;
        let holds = write.root.as_ref().is_none_or(|write| write.holds(&self.root))
            && write.shard.as_ref().zip(shard).is_none_or(|(write, number)| write.holds(&self.shards[number]))
            && !(is_repeated && write.redemption.is_some_and(|write| write.change == RedemptionChange::Put));
        if !holds {
            return Outcome::ConditionFailed;
        }
        if is_transaction {
            places.into_iter().for_each(|place| place.held_until = now + self.in_flight);
        }
        let before = self.root.clone();
        if let Some(write) = &write.root {
            write.apply(&mut self.root);
        }
        if let Some((write, number)) = write.shard.as_ref().zip(shard) {
            write.apply(&mut self.shards[number]);
        }
        self.limit_events += u64::from(self.root.reaches_limit(&before));
        Outcome::Committed
    }
}
