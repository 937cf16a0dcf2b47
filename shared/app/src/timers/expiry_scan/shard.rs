//! Scans one shard of the timers.
//!
//! First sends the timers that fall due. Then resends overdue timers. A timer that was resent many
//! times without firing moves to the list of overdue timers, from which it is resent less often.

use std::ops::ControlFlow::{self, Break, Continue};

use chrono::{DateTime, Utc};
use couponflow_domain::timers::timer::{
    BUCKET, BucketRange, Check, MAX_CHECKED_MINUTES, OVERDUE_RETRY_INTERVAL, OverdueAction, ScanPosition, ScanProgress,
    Timer, bucket_ranges, overdue,
};
use futures_util::stream;
use futures_util::stream::StreamExt as _;

use super::scanned::Scanned;
use crate::kernel::error::{StoreError, chain};
use crate::kernel::metrics;
use crate::kernel::system::{Clock, Rng};
use crate::timers::ports::{OverdueTimer, StoredTimer, TimerPage, TimerQueue, TimerStore};

/// Maximum number of concurrent writes of timers.
const CONCURRENCY: usize = 16;

/// Running scan of one shard.
pub(super) struct ShardScan<'a, T, Q, E> {
    timers: &'a T,
    queue: &'a Q,
    system: &'a E,
    shard: u8,
    now: DateTime<Utc>,
    deadline: DateTime<Utc>,
    scanned: Scanned,
}

impl<'a, T: TimerStore, Q: TimerQueue, E: Clock + Rng> ShardScan<'a, T, Q, E> {
    pub(super) fn new(
        timers: &'a T,
        queue: &'a Q,
        system: &'a E,
        shard: u8,
        now: DateTime<Utc>,
        deadline: DateTime<Utc>,
    ) -> Self {
        Self { timers, queue, system, shard, now, deadline, scanned: Scanned::default() }
    }

    /// Sends the timers that fall due, then resends overdue timers, then resends the timers on the list of overdue
    /// timers.
    pub(super) async fn run(mut self) -> Scanned {
        let progress = self.timers.scan_progress(self.shard).await;
        let Some(progress) = self.ok_or_logged(progress, "Could not read the scan progress") else {
            return self.scanned;
        };
        let mut progress = progress.unwrap_or_else(|| ScanProgress::none(self.now));
        let checked_until = progress.checked_until(self.now);
        if self.send_due(&mut progress).await.is_continue()
            && self.check_overdue(&mut progress, &checked_until).await.is_continue()
        {
            self.retry_listed().await;
        }
        self.scanned
    }

    /// Sends timers that fall due. The progress advances only up to the first timer that the queue did not accept.
    async fn send_due(&mut self, progress: &mut ScanProgress) -> ControlFlow<()> {
        let (from, to) = progress.due(self.now);
        let mut has_gap = false;
        for mut range in bucket_ranges(&from, &to) {
            self.scanned.buckets += 1;
            let sent_before = self.scanned.sent;
            loop {
                if self.time_left().is_break() {
                    self.save(progress).await;
                    return Break(());
                }
                let Some(part) = self.read(&range).await else {
                    has_gap = true;
                    break;
                };
                let due: Vec<Timer> = part.items.into_iter().map(|stored| stored.timer).collect();
                for (timer, is_sent) in due.iter().zip(self.send(&due).await) {
                    has_gap |= !is_sent;
                    if !has_gap {
                        progress.sent = ScanPosition::after(timer);
                    }
                }
                let Some(next) = part.next else { break };
                self.save(progress).await;
                range.after = next;
            }
            if !has_gap {
                progress.sent = ScanPosition { minute: range.minute, after: range.through };
                if self.scanned.sent > sent_before {
                    self.save(progress).await;
                }
            }
        }
        self.save(progress).await;
        Continue(())
    }

    /// Resends timers that were sent but have not fired, starting where the last check stopped.
    async fn check_overdue(&mut self, progress: &mut ScanProgress, until: &ScanPosition) -> ControlFlow<()> {
        let mut check = progress.take_check(self.now);
        for mut range in bucket_ranges(&check.at, until).take(MAX_CHECKED_MINUTES) {
            self.scanned.buckets += 1;
            let minute = range.minute;
            loop {
                if self.time_left().is_break() {
                    progress.checked(check, until, self.now);
                    self.save(progress).await;
                    return Break(());
                }
                let Some(part) = self.read(&range).await else {
                    check.leaves(minute);
                    break;
                };
                let has_acted = self.handle_overdue(part.items, minute, &mut check).await;
                let Some(next) = part.next else { break };
                check.at = ScanPosition { minute, after: next.clone() };
                range.after = next;
                if has_acted {
                    progress.checked(check.clone(), until, self.now);
                    self.save(progress).await;
                }
            }
            check.at = ScanPosition::start_of(minute + BUCKET);
        }
        progress.checked(check, until, self.now);
        self.save(progress).await;
        Continue(())
    }

    /// Resends overdue timers, and moves timers that were resent many times to the list of overdue
    /// timers. Returns whether there were timers to resend or to move.
    async fn handle_overdue(&mut self, found: Vec<StoredTimer>, minute: DateTime<Utc>, check: &mut Check) -> bool {
        let (mut to_send, mut to_list) = (Vec::new(), Vec::new());
        for stored in found.into_iter().filter(|stored| !stored.is_listed) {
            match overdue(stored.resends, stored.resent_at, self.now) {
                OverdueAction::Leave => check.leaves(minute),
                OverdueAction::Resend => {
                    check.leaves(minute);
                    to_send.push((stored.timer, stored.resends));
                }
                OverdueAction::List => to_list.push(stored.timer),
            }
        }
        let has_acted = !to_send.is_empty() || !to_list.is_empty();
        // Send first, then record the resend, so that a timer that the queue did not accept does
        // not count as resent. After a crash between these steps, the timer is sent again, which is
        // safe because firing is idempotent.
        let (to_send, resends): (Vec<Timer>, Vec<i64>) = to_send.into_iter().unzip();
        let sent = self.send(&to_send).await;
        let accepted = to_send.iter().zip(resends).zip(sent).filter_map(|(resent, is_sent)| is_sent.then_some(resent));
        let (timers, now) = (self.timers, self.now);
        let record = accepted.map(|(timer, resends)| timers.mark_resent(timer, resends + 1, now));
        self.record_all(record).await;
        for timer in &to_list {
            tracing::error!(
                timer = %timer.key(),
                "A timer was resent repeatedly and has not fired; resending the timer hourly from now on"
            );
        }
        let list = to_list.iter().map(|timer| timers.list_overdue(timer, now + OVERDUE_RETRY_INTERVAL));
        let failed = self.record_all(list).await;
        self.scanned.listed += to_list.len() - failed;
        metrics::timers_overdue(to_list.len() - failed);
        if failed > 0 {
            check.leaves(minute);
        }
        has_acted
    }

    /// Resends timers on the list of overdue timers. Removes timers that have fired from the list.
    async fn retry_listed(&mut self) {
        let mut after = String::new();
        while self.time_left().is_continue() {
            let part = self.timers.overdue_in(self.shard, &after, self.now).await;
            let Some(TimerPage { items, next }) = self.ok_or_logged(part, "Could not read the list of overdue timers")
            else {
                return;
            };
            let timers = self.timers;
            let set = items.iter().map(|overdue| timers.is_set(&overdue.timer));
            let set: Vec<Result<bool, StoreError>> = stream::iter(set).buffered(CONCURRENCY).collect().await;
            let (mut to_send, mut fired): (Vec<&OverdueTimer>, Vec<&OverdueTimer>) = Default::default();
            for (overdue, is_set) in items.iter().zip(set) {
                match self.ok_or_logged(is_set, "Could not read an overdue timer") {
                    Some(true) => to_send.push(overdue),
                    Some(false) => fired.push(overdue),
                    None => {}
                }
            }
            metrics::timers_overdue(to_send.len());
            let sent = self.send(&to_send.iter().map(|overdue| overdue.timer.clone()).collect::<Vec<_>>()).await;
            let accepted = to_send.into_iter().zip(sent).filter_map(|(overdue, is_sent)| is_sent.then_some(overdue));
            let retry_at = self.now + OVERDUE_RETRY_INTERVAL;
            self.record_all(accepted.map(|overdue| timers.postpone(overdue, retry_at))).await;
            self.record_all(fired.into_iter().map(|overdue| timers.unlist(overdue))).await;
            match next {
                Some(next) => after = next,
                None => return,
            }
        }
    }

    async fn read(&mut self, range: &BucketRange) -> Option<TimerPage<StoredTimer>> {
        let part = self.timers.timers_in(self.shard, range).await;
        self.ok_or_logged(part, "Could not read a bucket of timers")
    }

    /// Sends timers. Returns for each timer, in order, whether the queue accepted the timer.
    async fn send(&mut self, timers: &[Timer]) -> Vec<bool> {
        if timers.is_empty() {
            return Vec::new();
        }
        let sent = self.queue.send_timers(timers).await;
        let sent: Vec<bool> =
            sent.into_iter().map(|sent| self.ok_or_logged(sent, "Could not send a timer").is_some()).collect();
        self.scanned.sent += sent.iter().filter(|is_sent| **is_sent).count();
        sent
    }

    async fn save(&mut self, progress: &ScanProgress) {
        let saved = self.timers.save_scan_progress(self.shard, progress).await;
        self.ok_or_logged(saved, "Could not save the scan progress");
    }

    /// Runs writes concurrently and returns how many failed.
    async fn record_all<F: Future<Output = Result<(), StoreError>>>(&mut self, all: impl Iterator<Item = F>) -> usize {
        let recorded: Vec<_> = stream::iter(all).buffer_unordered(CONCURRENCY).collect().await;
        let mut failed = 0;
        for one in recorded {
            failed += usize::from(self.ok_or_logged(one, "Could not record the handling of a timer").is_none());
        }
        failed
    }

    /// Returns the value of a successful call. Logs and counts a failed call.
    fn ok_or_logged<V>(&mut self, outcome: Result<V, StoreError>, failure: &'static str) -> Option<V> {
        outcome
            .map_err(|error| {
                tracing::error!(error = %chain(&error), shard = self.shard, "{failure}");
                self.scanned.failed += 1;
            })
            .ok()
    }

    fn time_left(&mut self) -> ControlFlow<()> {
        if self.system.now() < self.deadline {
            return Continue(());
        }
        self.scanned.is_cut_short = true;
        Break(())
    }
}
