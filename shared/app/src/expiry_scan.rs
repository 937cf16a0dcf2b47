//! The scan: finds the timers that fall due and puts each on the queue that carries it to its instant.

mod shard;

use std::ops::AddAssign;

use chrono::{DateTime, Utc};
use couponflow_domain::timer::SHARDS;
use futures_util::future::join_all;

use crate::ports::{Clock, Rng, TimerQueue, Timers};
use shard::ShardScan;

/// What a scan did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scanned {
    /// Buckets that were read, wholly or in part.
    pub buckets: usize,
    /// Timers that the queue accepted.
    pub sent: usize,
    /// Timers that moved to the list of overdue timers.
    pub listed: usize,
    /// Reads, sends and records that failed; the next scan tries again.
    pub failed: usize,
    /// Whether the scan stopped at its deadline; the next one goes on there.
    pub is_cut_short: bool,
}

impl AddAssign for Scanned {
    fn add_assign(&mut self, other: Self) {
        self.buckets += other.buckets;
        self.sent += other.sent;
        self.listed += other.listed;
        self.failed += other.failed;
        self.is_cut_short |= other.is_cut_short;
    }
}

/// Sends what falls due within the look-ahead and was not sent by the scan before; and again, every few minutes, what was
/// sent and has not fired.
///
/// Timers stay in their bucket until they have fired, so nothing depends on a message arriving; and firing is claimed, so
/// one that is sent twice fires once. What fails does not stop what is beside it.
///
/// Reads, sends and records a bounded number of timers at a time, and saves its progress after each, so that a scan that
/// stops, at its deadline or by a crash, has done for good what it has done.
pub async fn scan(
    timers: &impl Timers,
    queue: &impl TimerQueue,
    system: &(impl Clock + Rng),
    deadline: DateTime<Utc>,
) -> Scanned {
    let now = system.now();
    let shards = (0..SHARDS).map(|shard| ShardScan::new(timers, queue, system, shard, now, deadline).run());
    let mut scanned = Scanned::default();
    join_all(shards).await.into_iter().for_each(|shard| scanned += shard);
    scanned
}
