//! How many shards a coupon has, and how many tokens a refill moves.

use std::time::Duration;

use super::root::Root;
use super::shard::MAX_SHARDS;

/// Redemptions per second that one shard is planned for. One partition of DynamoDB takes 1,000 write units per second,
/// and a transaction on one item costs 2 of them, but conflicts of transactions limit the rate much earlier. The
/// example `hot_coupon` shows the rate that a shard sustains under modelled conflicts.
pub const REDEMPTIONS_PER_SHARD: u32 = 100;

/// Minimum limit per shard. With fewer tokens per shard, refills and closes cost more than 0.2 write units per
/// redemption.
pub const MIN_TOKENS_PER_SHARD: i64 = 150;

/// Sizes of refills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Minimum number of tokens of a refill, if the root has at least this number.
    pub min_grant: i64,
    /// The relay refills a shard that has at most this number of tokens. Covers the redemptions that a shard sells until
    /// the relay has read the stream record.
    pub low_water: i64,
    /// How long a redeem request leaves the writes of shards to the relay. At the end of a sale, all requests meet empty
    /// shards: if each of them wrote, their conflicts on the root would stop the relay.
    pub help_after: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self { min_grant: 20, low_water: 50, help_after: Duration::from_secs(3) }
    }
}

impl Policy {
    /// Number of tokens of the next refill: `left / 2S`, rounded up (guided self-scheduling, Polychronopoulos and Kuck
    /// 1987). Shards that sell faster get more, and the last tokens are spread in small refills.
    pub fn grant(&self, root: &Root) -> i64 {
        let parts = 2 * i64::from(root.shards.max(1));
        (root.left.saturating_add(parts - 1) / parts).max(self.min_grant).min(root.left)
    }

    /// Whether a redeem request that has waited for this time makes the writes of shards itself.
    pub fn helps(&self, waited: Duration) -> bool {
        waited >= self.help_after
    }

    /// Number of tokens at which the relay refills a shard: at most half of a refill.
    pub fn low(&self, root: &Root) -> i64 {
        self.low_water.min(self.grant(root) / 2)
    }
}

/// Returns the number of shards for a limit and an expected peak of redemptions per second. One shard if the limit is
/// small.
pub fn shards_for(limit: Option<i64>, redemptions_per_second: u32) -> u8 {
    let by_rate = i64::from(redemptions_per_second.div_ceil(REDEMPTIONS_PER_SHARD));
    let by_limit = limit.map_or(i64::MAX, |limit| limit / MIN_TOKENS_PER_SHARD);
    by_rate.min(by_limit).clamp(1, i64::from(MAX_SHARDS)) as u8
}

#[cfg(test)]
mod tests {
    use super::super::plan::tend;
    use super::super::protocol;
    use super::super::shard::{Shard, ShardId};
    use super::super::write::{Kind, Write};
    use super::*;

    #[test]
    fn shards_follow_the_rate_up_to_the_limit() {
        assert_eq!(shards_for(None, 10_000), 100);
        assert_eq!(shards_for(None, 1_000_000), MAX_SHARDS);
        assert_eq!(shards_for(Some(600_000), 10_000), 100);
        assert_eq!(shards_for(Some(3_000), 10_000), 20);
        assert_eq!(shards_for(Some(100), 10_000), 1);
        assert_eq!(shards_for(Some(600_000), 0), 1);
    }

    /// Sells a whole coupon, one token of each shard in turn, and returns the write units per redemption.
    fn units_per_redemption(limit: i64, shards: u8) -> f64 {
        let policy = Policy::default();
        let mut root = Root::new(Some(limit), shards, None);
        let mut items = vec![Shard::absent(); usize::from(shards)];
        let (mut sold, mut units) = (0, 0);
        while !root.is_exhausted() {
            for (number, shard) in (0..).zip(&mut items) {
                let id = ShardId::new(number).unwrap();
                if shard.remaining > 0 {
                    let write = protocol::take(id, 1);
                    write.shard.as_ref().unwrap().apply(shard);
                    (sold, units) = (sold + 1, units + write.units());
                }
                let needed = tend(&root, id, shard, &policy);
                if let Some(Write { root: Some(on_root), shard: Some(on_shard), .. }) = &needed {
                    assert!(on_root.holds(&root) && on_shard.holds(shard));
                    on_root.apply(&mut root);
                    on_shard.apply(shard);
                }
                assert!(needed.as_ref().is_none_or(|write| matches!(write.kind, Kind::Refill | Kind::Close)));
                units += needed.map_or(0, |write| write.units());
            }
        }
        assert_eq!(sold, limit);
        units as f64 / sold as f64
    }

    #[test]
    fn refills_and_closes_cost_at_most_a_fifth_of_a_unit_per_redemption() {
        for limit in [150, 300, 1_000, 5_000, 19_200, 40_000, 600_000] {
            let shards = shards_for(Some(limit), 1_000_000);
            let units = units_per_redemption(limit, shards);
            assert!(units <= 4.2, "{limit} redemptions over {shards} shards cost {units} units each");
        }
    }
}
