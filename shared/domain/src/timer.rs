//! Timers: everything that is due at an instant.

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::digest::bits80;
use crate::ids::{CouponId, ExecutionId};
use crate::tenant::TenantId;

/// Buckets are one minute wide.
pub const BUCKET: TimeDelta = TimeDelta::minutes(1);

/// How many partitions a minute's timers are spread over, so that one popular minute (midnight) is not one hot
/// partition.
pub const SHARDS: u8 = 4;

/// A timer due sooner than this goes to the queue at once, because the scan that would find it may have run already:
/// two scan intervals, so that one late scan loses no time either.
pub const NEAR: TimeDelta = TimeDelta::minutes(2);

/// What is to happen at the instant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Purpose {
    /// A coupon's expiry instant.
    CouponExpiry {
        /// Which coupon.
        coupon_id: CouponId,
    },
    /// An execution goes on: a wait has ended, a failed step is tried again, or it was just started.
    ExecutionWake {
        /// Which execution.
        execution_id: ExecutionId,
    },
}

/// One timer of one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Timer {
    /// Whose.
    pub tenant_id: TenantId,
    /// When, to the millisecond.
    pub due_at: DateTime<Utc>,
    /// What for.
    #[serde(flatten)]
    pub purpose: Purpose,
}

/// A minute's share of the timers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bucket {
    /// The minute's start.
    pub minute: DateTime<Utc>,
    /// `0..SHARDS`.
    pub shard: u8,
}

/// The start of the minute that an instant lies in.
pub fn minute_of(instant: DateTime<Utc>) -> DateTime<Utc> {
    // Only instants beyond the year 2262 can't be rounded; they are their own bucket, and never come.
    instant.duration_trunc(BUCKET).unwrap_or(instant)
}

impl Timer {
    /// Names the timer within its instant: two timers for the same thing at the same instant are one.
    pub fn key(&self) -> String {
        let target = match &self.purpose {
            Purpose::CouponExpiry { coupon_id } => coupon_id.as_str(),
            Purpose::ExecutionWake { execution_id } => execution_id.as_str(),
        };
        format!("{:015}#{}#{target}", self.due_at.timestamp_millis(), self.tenant_id)
    }

    /// Where the scan finds it.
    pub fn bucket(&self) -> Bucket {
        Bucket { minute: minute_of(self.due_at), shard: bits80(&[&self.key()])[0] % SHARDS }
    }

    /// Whether the scan may come too late for it.
    pub fn is_near(&self, now: DateTime<Utc>) -> bool {
        self.due_at - now < NEAR
    }
}

/// The minutes that a scan at `now` reads: from where the last one left off to the end of the look-ahead.
///
/// `scanned_from` is the oldest minute that may still hold timers; after an outage it lies in the past, and everything
/// since is caught up. The look-ahead is two minutes, because scans come about a minute apart, not exactly.
pub fn minutes_to_scan(scanned_from: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let last = minute_of(now + BUCKET);
    let first = scanned_from.map_or(minute_of(now), |from| minute_of(from).min(minute_of(now)));
    std::iter::successors(Some(first), |minute| Some(*minute + BUCKET)).take_while(|minute| *minute <= last).collect()
}

/// How long a timer that does not fire is sent again before its minute is left behind: its message is then in the
/// dead-letter queue, and an operator has been told.
pub const RESENT_FOR: TimeDelta = TimeDelta::hours(1);

/// Where the next scan begins: at the oldest minute that still held timers, but not before those that were sent again
/// for long enough.
pub fn next_scan_from(
    oldest_with_timers: Option<DateTime<Utc>>,
    previous_scan: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> DateTime<Utc> {
    let oldest = oldest_with_timers.unwrap_or(now).min(now);
    let resent_long_enough = previous_scan.unwrap_or(oldest).min(now) - RESENT_FOR;
    minute_of(oldest.max(resent_long_enough))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_scan_looks_a_minute_ahead() {
        let minutes = minutes_to_scan(Some(at("2026-01-01T12:00:00Z")), at("2026-01-01T12:00:10Z"));
        assert_eq!(minutes, [at("2026-01-01T12:00:00Z"), at("2026-01-01T12:01:00Z")]);
    }

    #[test]
    fn an_outage_is_caught_up() {
        let minutes = minutes_to_scan(Some(at("2026-01-01T09:00:00Z")), at("2026-01-01T12:00:10Z"));
        assert_eq!(minutes.len(), 182);
        assert_eq!(minutes[0], at("2026-01-01T09:00:00Z"));
    }

    #[test]
    fn a_timer_that_never_fires_does_not_hold_up_the_scan_for_ever() {
        let now = at("2026-01-01T12:00:10Z");
        let stuck = at("2026-01-01T03:00:00Z");
        let previous = at("2026-01-01T11:59:10Z");
        assert_eq!(next_scan_from(Some(stuck), Some(previous), now), at("2026-01-01T10:59:00Z"));
        let recent = at("2026-01-01T11:58:00Z");
        assert_eq!(next_scan_from(Some(recent), Some(previous), now), recent);
        assert_eq!(next_scan_from(None, Some(previous), now), at("2026-01-01T12:00:00Z"));
    }

    #[test]
    fn a_timer_of_the_scanned_minutes_is_near_or_found() {
        let now = at("2026-01-01T12:00:59.999Z");
        let timer = |seconds| Timer {
            tenant_id: TenantId::parse("demo").unwrap(),
            due_at: now + TimeDelta::seconds(seconds),
            purpose: Purpose::CouponExpiry { coupon_id: CouponId::new(now, [0; 10]) },
        };
        assert!(timer(119).is_near(now));
        assert!(!timer(120).is_near(now));
        assert!(timer(120).bucket().minute > minute_of(now + BUCKET));
    }
}
