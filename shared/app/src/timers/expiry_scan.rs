//! Timer scan: finds timers that fall due soon and sends them to the queue that delivers them at their due time.

mod scanned;
mod shard;

pub use scanned::Scanned;

use chrono::{DateTime, Utc};
use couponflow_domain::timers::timer::SHARDS;
use futures_util::future::join_all;

use crate::kernel::system::{Clock, Rng};
use crate::timers::ports::{TimerQueue, Timers};
use shard::ShardScan;

/// Sends the timers that fall due within the look-ahead and were not sent by the previous scan. Every few minutes,
/// resends timers that were sent but have not fired.
///
/// Timers stay in their bucket until they have fired, so a lost message does no harm. A conditional write claims each
/// firing, so a timer that is sent twice fires once. A failure of one timer does not stop the others.
///
/// The scan handles a bounded number of timers at a time and saves its progress after each batch, so a scan that stops
/// at its deadline or crashes keeps what it has done.
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
