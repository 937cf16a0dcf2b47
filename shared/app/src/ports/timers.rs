//! Timers.

use chrono::{DateTime, Utc};
use couponflow_domain::timer::{Bucket, Progress, Timer};

use super::Stored;
use crate::error::StoreError;

/// A timer as it is stored: with how often it was sent again after it was overdue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTimer {
    /// The timer.
    pub timer: Timer,
    /// Times it was sent again.
    pub resends: i64,
    /// When last.
    pub resent_at: Option<DateTime<Utc>>,
}

/// Keeps timers, of all tenants.
pub trait Timers {
    /// Every timer in a bucket.
    async fn timers_in(&self, bucket: Bucket) -> Stored<Vec<StoredTimer>>;
    /// Remembers that an overdue timer is being sent again; nothing where it has fired meanwhile.
    async fn mark_resent(&self, timer: &Timer, resends: i64, now: DateTime<Utc>) -> Stored<()>;
    /// Takes a timer that does not fire out of the scans' way, and keeps it for an operator.
    async fn set_aside(&self, timer: &Timer) -> Stored<()>;
    /// How far the scans have come; none before the first.
    async fn scan_progress(&self) -> Stored<Option<Progress>>;
    /// Remembers how far the scans have come.
    async fn save_scan_progress(&self, progress: Progress) -> Stored<()>;
    /// Takes a timer away; it may be gone already.
    async fn remove_timer(&self, timer: &Timer) -> Stored<()>;
}

/// Carries timers to their instant.
pub trait TimerQueue {
    /// Sends each timer so that it arrives in the second before it is due. Answers for each, in order, whether it was
    /// sent.
    async fn send_timers(&self, timers: &[Timer]) -> Vec<Result<(), StoreError>>;
}
