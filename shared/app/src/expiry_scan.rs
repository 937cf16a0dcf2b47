//! The scan: finds the timers that fall due and puts each on the queue that carries it to its instant.

use chrono::{DateTime, Utc};
use couponflow_domain::timer::{Bucket, SHARDS, Timer, minutes_to_scan, next_scan_from};
use futures_util::stream::{self, StreamExt as _};

use crate::error::StoreError;
use crate::ports::{TimerQueue, Timers};

/// How many buckets are read at once.
const CONCURRENCY: usize = 16;

/// What a scan did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scanned {
    /// Minutes read.
    pub minutes: usize,
    /// Timers sent.
    pub sent: usize,
    /// Timers that the queue did not take; the next scan sends them.
    pub failed: usize,
}

/// Reads the minutes that fall due, and those since the last scan that still hold timers, and sends every timer.
///
/// Timers stay in their bucket until they have fired, so a message that is lost is sent again by the next scan, and
/// firing is claimed, so one that is sent twice fires once.
///
/// # Errors
/// Where the buckets can't be read; the next scan begins where this one did.
pub async fn scan(timers: &impl Timers, queue: &impl TimerQueue, now: DateTime<Utc>) -> Result<Scanned, StoreError> {
    let progress = timers.scan_progress().await?;
    let minutes = minutes_to_scan(progress.from, now);
    let buckets = minutes.iter().flat_map(|&minute| (0..SHARDS).map(move |shard| Bucket { minute, shard }));
    let mut found = stream::iter(buckets).map(|bucket| timers.timers_in(bucket)).buffered(CONCURRENCY);
    let mut scanned = Scanned { minutes: minutes.len(), ..Scanned::default() };
    let mut oldest: Option<DateTime<Utc>> = None;
    while let Some(found) = found.next().await {
        let found: Vec<Timer> = found?;
        oldest = found.iter().map(|timer| timer.due_at).chain(oldest).min();
        for sent in queue.send_timers(&found, now).await {
            match sent {
                Ok(()) => scanned.sent += 1,
                Err(_) => scanned.failed += 1,
            }
        }
    }
    timers.save_scan_progress(next_scan_from(oldest, progress.last_scan, now), now).await?;
    Ok(scanned)
}
