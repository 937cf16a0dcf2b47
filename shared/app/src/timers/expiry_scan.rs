//! Timer scan: finds timers that fall due soon and sends them to the queue, which delivers each
//! timer at its due time.
//!
//! Timers are divided into shards, which are scanned concurrently. A shard has one bucket per
//! minute. A bucket holds the timers that are due in that minute.

mod scanned;
mod shard;

pub use scanned::Scanned;

use chrono::{DateTime, Utc};
use couponflow_domain::timers::timer::SHARDS;
use futures_util::future::join_all;

use crate::kernel::system::{Clock, Rng};
use crate::timers::ports::{TimerQueue, TimerStore};
use shard::ShardScan;

/// Sends the timers that fall due within the next few minutes and that no earlier scan has sent.
/// Also resends overdue timers: timers that have not fired although their due time has passed.
///
/// A timer stays in its bucket until it has fired, so a timer whose message is lost is sent again.
/// Firing a timer is idempotent, so a timer that is sent twice has one effect. A failure of one
/// timer does not stop the other timers.
///
/// The scan handles timers in batches and saves its progress after each batch. If the scan stops at
/// its deadline or crashes, the next scan continues from the saved progress.
pub async fn scan(
    timers: &impl TimerStore,
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
