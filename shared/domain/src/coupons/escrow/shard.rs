//! One shard of the escrow, and sets of shards.

/// Maximum number of shards of a coupon. The planned rate of 100 redemptions per second and shard gives more than
/// 10,000 redemptions per second.
pub const MAX_SHARDS: u8 = 128;

/// Number of a shard, from 0 to [`MAX_SHARDS`] − 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShardId(u8);

impl ShardId {
    /// Returns the shard with this number, or `None` if the number is not below [`MAX_SHARDS`].
    pub fn new(number: u8) -> Option<Self> {
        (number < MAX_SHARDS).then_some(Self(number))
    }

    /// Returns the shard that a digest selects among the first `shards` shards. At least one shard exists.
    pub fn of_digest(digest: u64, shards: u8) -> Self {
        let shards = u64::from(shards.clamp(1, MAX_SHARDS));
        Self((digest % shards) as u8)
    }

    /// Number of the shard.
    pub fn number(self) -> u8 {
        self.0
    }
}

/// Set of shards. Stored as a DynamoDB number set, to which `ADD` and `DELETE` add and remove one member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ShardSet(u128);

impl ShardSet {
    /// Adds a shard. No-op if the set contains it.
    pub fn insert(&mut self, shard: ShardId) {
        self.0 |= 1 << shard.0;
    }

    /// Removes a shard. No-op if the set does not contain it.
    pub fn remove(&mut self, shard: ShardId) {
        self.0 &= !(1 << shard.0);
    }

    /// Whether the set contains the shard.
    pub fn contains(self, shard: ShardId) -> bool {
        self.0 & (1 << shard.0) != 0
    }

    /// Whether the set has no member.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Number of members.
    pub fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Returns the members in ascending order.
    pub fn iter(self) -> impl Iterator<Item = ShardId> {
        (0..MAX_SHARDS).map(ShardId).filter(move |shard| self.contains(*shard))
    }
}

/// Item of one shard: the tokens that redemptions take from this shard. A shard that does not exist yet is like a
/// closed shard without tokens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Shard {
    /// Tokens that redemptions can take. 0 if the shard is closed.
    pub remaining: i64,
    /// Whether the root lists the shard as open. Both change in the same transaction.
    pub is_open: bool,
    /// Number of redemptions ever taken. The n-th redemption of a shard has the position n.
    pub taken: i64,
    /// Version of the coupon's terms and state that redemptions must know.
    pub version: i64,
}

impl Shard {
    /// Returns a shard that no write has created yet.
    pub fn absent() -> Self {
        Self { remaining: 0, is_open: false, taken: 0, version: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_holds_every_shard_up_to_the_maximum() {
        let mut set = ShardSet::default();
        for number in [0, 63, 64, 127] {
            set.insert(ShardId::new(number).unwrap());
        }
        set.remove(ShardId::new(63).unwrap());
        assert_eq!(set.iter().map(ShardId::number).collect::<Vec<_>>(), [0, 64, 127]);
        assert_eq!(ShardId::new(MAX_SHARDS), None);
    }
}
