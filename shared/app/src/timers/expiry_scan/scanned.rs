//! Counts of a scan.

use std::ops::AddAssign;

/// Counts of one scan, or of the scan of one shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scanned {
    /// Number of buckets that were read, completely or in part.
    pub buckets: usize,
    /// Number of timers that the queue accepted.
    pub sent: usize,
    /// Number of timers that were moved to the list of overdue timers.
    pub listed: usize,
    /// Number of failed reads, sends and writes. The next scan retries failed operations.
    pub failed: usize,
    /// Whether the scan stopped at its deadline. The next scan continues from the saved progress.
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
