//! Counts of a scan.

use std::ops::AddAssign;

/// Counts of one scan, or of the scan of one shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scanned {
    /// Buckets read, completely or in part.
    pub buckets: usize,
    /// Timers that the queue accepted.
    pub sent: usize,
    /// Timers moved to the list of overdue timers.
    pub listed: usize,
    /// Failed reads, sends and writes; the next scan retries them.
    pub failed: usize,
    /// Whether the scan stopped at its deadline; the next scan continues there.
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
