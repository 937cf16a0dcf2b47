//! Timers.

use chrono::{DateTime, Utc};
use couponflow_domain::timer::{BucketRange, Progress, Timer};

use super::{Page, PageRequest, Stored};
use crate::error::StoreError;

/// A timer as it is stored, with how often it was sent again after it was overdue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTimer {
    /// The timer.
    pub timer: Timer,
    /// Times that the queue accepted it again.
    pub resends: i64,
    /// When it did last.
    pub resent_at: Option<DateTime<Utc>>,
    /// Whether the list of overdue timers has it.
    pub is_listed: bool,
}

/// A timer that was sent often and has not fired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverdueTimer {
    /// The timer.
    pub timer: Timer,
    /// When it is sent again; none for one that an earlier version set aside, which nothing sends.
    pub retry_at: Option<DateTime<Utc>>,
}

/// A bounded part of a list, in its order.
#[derive(Debug, Clone)]
pub struct Part<T> {
    /// The elements that can be read.
    pub items: Vec<T>,
    /// The sort key after which the list goes on; none at its end.
    pub next: Option<String>,
}

/// Keeps timers, of all tenants.
pub trait Timers {
    /// The first timers of a range of a shard.
    async fn timers_in(&self, shard: u8, range: &BucketRange) -> Stored<Part<StoredTimer>>;
    /// Whether a timer is still set: it has not fired.
    async fn is_set(&self, timer: &Timer) -> Stored<bool>;
    /// Records that the queue accepted an overdue timer again; nothing where it has fired meanwhile.
    async fn mark_resent(&self, timer: &Timer, resends: i64, now: DateTime<Utc>) -> Stored<()>;
    /// Puts an overdue timer on the list of overdue timers, to be sent again at an instant; nothing where it has fired
    /// meanwhile.
    async fn list_overdue(&self, timer: &Timer, retry_at: DateTime<Utc>) -> Stored<()>;
    /// The first timers on a shard's list of overdue timers that are to be sent again at `now`, after a sort key.
    async fn overdue_in(&self, shard: u8, after: &str, now: DateTime<Utc>) -> Stored<Part<OverdueTimer>>;
    /// Moves a timer on the list of overdue timers to another instant.
    async fn postpone(&self, overdue: &OverdueTimer, retry_at: DateTime<Utc>) -> Stored<()>;
    /// Takes a timer off the list of overdue timers.
    async fn unlist(&self, overdue: &OverdueTimer) -> Stored<()>;
    /// How far the scans of a shard have come; none before the first.
    async fn scan_progress(&self, shard: u8) -> Stored<Option<Progress>>;
    /// Remembers how far the scans of a shard have come.
    async fn save_scan_progress(&self, shard: u8, progress: &Progress) -> Stored<()>;
    /// Takes a timer away; it may be gone already.
    async fn remove_timer(&self, timer: &Timer) -> Stored<()>;
}

/// Shows operators the timers that were sent often and have not fired, of all tenants.
pub trait OverdueTimers {
    /// One page of them, those that are sent again soonest first in each shard, then those that an earlier version set
    /// aside.
    async fn overdue_timers(&self, page: &PageRequest) -> Stored<Page<OverdueTimer>>;
    /// Has a timer sent again now. One that was set aside is set again and listed.
    async fn requeue(&self, overdue: &OverdueTimer, now: DateTime<Utc>) -> Stored<()>;
}

/// Carries timers to their instant.
pub trait TimerQueue {
    /// Sends each timer so that it arrives in the second before it is due. Answers for each, in order, whether it was
    /// sent.
    async fn send_timers(&self, timers: &[Timer]) -> Vec<Result<(), StoreError>>;
}
