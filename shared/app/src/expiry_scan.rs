//! The scan: finds the timers that fall due and puts each on the queue that carries it to its instant.

use chrono::{DateTime, Utc};
use couponflow_domain::timer::{Bucket, Left, Progress, SHARDS, Sending, reading, sending};
use futures_util::stream::{self, StreamExt as _};

use crate::error::{StoreError, chain};
use crate::ports::{StoredTimer, TimerQueue, Timers};

/// How many buckets are read at once.
const CONCURRENCY: usize = 16;

/// What a scan did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scanned {
    /// Buckets read.
    pub buckets: usize,
    /// Timers sent.
    pub sent: usize,
    /// Timers set aside, because they were sent often and never fired.
    pub set_aside: usize,
    /// Buckets that could not be read, and timers that could not be dealt with; the next scan tries again.
    pub failed: usize,
}

/// Sends what falls due within the look-ahead and was not sent by the scan before; and again, every few minutes, what
/// was sent and has not fired.
///
/// Timers stay in their bucket until they have fired, so nothing depends on a message arriving; and firing is claimed,
/// so one that is sent twice fires once. A bucket or a timer that fails does not stop those beside it.
///
/// # Errors
/// Where the progress can't be read or saved; the next scan begins where this one did.
pub async fn scan(timers: &impl Timers, queue: &impl TimerQueue, now: DateTime<Utc>) -> Result<Scanned, StoreError> {
    let progress = timers.scan_progress().await?;
    let reading = reading(progress, now);
    let mut left = Left::nothing(&reading, now);
    let buckets = reading.minutes.iter().flat_map(|&minute| (0..SHARDS).map(move |shard| Bucket { minute, shard }));
    let mut found =
        stream::iter(buckets).map(async |bucket| (bucket, timers.timers_in(bucket).await)).buffered(CONCURRENCY);
    let mut scanned = Scanned::default();
    while let Some((bucket, found)) = found.next().await {
        scanned.buckets += 1;
        match found {
            Ok(found) => deal_with(timers, queue, found, (progress, now), &mut scanned, &mut left).await,
            Err(error) => {
                tracing::error!(error = %chain(&error), minute = %bucket.minute, "Could not read a bucket of timers");
                scanned.failed += 1;
                left.not_sent(bucket.minute);
            }
        }
    }
    timers.save_scan_progress(left.progress()).await?;
    Ok(scanned)
}

/// Sends the timers of a bucket that are to be sent.
async fn deal_with(
    timers: &impl Timers,
    queue: &impl TimerQueue,
    found: Vec<StoredTimer>,
    (progress, now): (Option<Progress>, DateTime<Utc>),
    scanned: &mut Scanned,
    left: &mut Left,
) {
    let mut to_send = Vec::new();
    for StoredTimer { timer, resends, resent_at } in found {
        let marked = match sending(timer.due_at, resends, resent_at, progress, now) {
            Sending::Leave => {
                left.remains(timer.due_at);
                continue;
            }
            Sending::SetAside => {
                tracing::error!(timer = %timer.key(), "Set aside a timer that was sent often and never fired");
                scanned.set_aside += 1;
                timers.set_aside(&timer).await
            }
            Sending::Send => {
                to_send.push(timer.clone());
                Ok(())
            }
            Sending::Resend => {
                to_send.push(timer.clone());
                timers.mark_resent(&timer, resends + 1, now).await
            }
        };
        if let Err(error) = marked {
            tracing::error!(error = %chain(&error), timer = %timer.key(), "Could not mark a timer");
            scanned.failed += 1;
            left.remains(timer.due_at);
        }
    }
    for (timer, sent) in to_send.iter().zip(queue.send_timers(&to_send).await) {
        match sent {
            Ok(()) => {
                scanned.sent += 1;
                left.remains(timer.due_at);
            }
            Err(error) => {
                tracing::error!(error = %chain(&error), timer = %timer.key(), "Could not send a timer");
                scanned.failed += 1;
                left.not_sent(timer.due_at);
            }
        }
    }
}
