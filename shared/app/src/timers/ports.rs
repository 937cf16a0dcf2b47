//! Ports for timers.
//!
//! Timers are stored in buckets, one bucket per minute and shard. Each timer belongs to one of a
//! fixed number of shards. A timer is overdue if it has not fired although its due time has passed.
//! An overdue timer that was resent many times moves to the list of overdue timers, and is resent
//! less often.

use chrono::{DateTime, Utc};
use couponflow_domain::timers::timer::{BucketRange, ScanProgress, Timer};

use crate::kernel::error::{StoreError, StoreResult};
use crate::kernel::page::{Page, PageRequest};

/// Timer as stored, with its resend history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTimer {
    pub timer: Timer,
    /// Number of times that the timer was sent again because it was overdue.
    pub resends: i64,
    /// Time of the last resend.
    pub resent_at: Option<DateTime<Utc>>,
    /// Whether the timer is on the list of overdue timers.
    pub is_listed: bool,
}

/// Timer on the list of overdue timers: it has not fired although it was resent several times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverdueTimer {
    pub timer: Timer,
    /// Time of the next resend. `None` if an earlier version of couponflow set the timer aside.
    /// Such a timer is not resent.
    pub retry_at: Option<DateTime<Utc>>,
}

/// Bounded part of a list, in list order.
#[derive(Debug, Clone)]
pub struct TimerPage<T> {
    /// Elements that could be read.
    pub items: Vec<T>,
    /// Sort key of the last timer that was read; the next page starts after this key. `None` at the
    /// end of the list.
    pub next: Option<String>,
}

/// Stores the timers of all tenants.
pub trait TimerStore {
    /// Sets a timer. Idempotent.
    async fn set_timer(&self, timer: &Timer) -> StoreResult<()>;
    /// Returns the first timers of a shard in a range of a bucket.
    async fn timers_in(&self, shard: u8, range: &BucketRange) -> StoreResult<TimerPage<StoredTimer>>;
    /// Whether a timer is set and has not fired.
    async fn is_set(&self, timer: &Timer) -> StoreResult<bool>;
    /// Records that an overdue timer was resent. A no-op if the timer has already fired.
    async fn mark_resent(&self, timer: &Timer, resends: i64, now: DateTime<Utc>) -> StoreResult<()>;
    /// Adds an overdue timer to the list of overdue timers, with the time of its next resend. A
    /// no-op if the timer has already fired.
    async fn list_overdue(&self, timer: &Timer, retry_at: DateTime<Utc>) -> StoreResult<()>;
    /// Returns the first timers on a shard's list of overdue timers whose resend is due at `now`
    /// and whose sort key is greater than `after`.
    async fn overdue_in(&self, shard: u8, after: &str, now: DateTime<Utc>) -> StoreResult<TimerPage<OverdueTimer>>;
    /// Changes the time of the next resend of an overdue timer.
    async fn postpone(&self, overdue: &OverdueTimer, retry_at: DateTime<Utc>) -> StoreResult<()>;
    /// Removes a timer from the list of overdue timers.
    async fn unlist(&self, overdue: &OverdueTimer) -> StoreResult<()>;
    /// Returns the scan progress of a shard; `None` before its first scan.
    async fn scan_progress(&self, shard: u8) -> StoreResult<Option<ScanProgress>>;
    /// Saves the scan progress of a shard.
    async fn save_scan_progress(&self, shard: u8, progress: &ScanProgress) -> StoreResult<()>;
    /// Removes a timer. Idempotent.
    async fn remove_timer(&self, timer: &Timer) -> StoreResult<()>;

    // Overdue timers, for operators

    /// Lists overdue timers, sorted by shard and then by the time of the next resend, soonest
    /// first. Timers that an earlier version of couponflow set aside come last.
    async fn overdue_timers(&self, page: &PageRequest) -> StoreResult<Page<OverdueTimer>>;
    /// Schedules an overdue timer to be resent now. If an earlier version set the timer aside, first moves it back to
    /// its bucket and to the list of overdue timers.
    async fn requeue(&self, overdue: &OverdueTimer, now: DateTime<Utc>) -> StoreResult<()>;
}

/// Delivers timers at their due time.
pub trait TimerQueue {
    /// Sends timers to the queue. The queue delivers each timer within the second before the timer
    /// is due. Returns one result per timer, in order.
    async fn send_timers(&self, timers: &[Timer]) -> Vec<Result<(), StoreError>>;
}
