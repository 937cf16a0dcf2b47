//! Timers: everything that is due at an instant.

mod scan;

pub use scan::{
    BucketRange, CHECKED_A_SCAN, Check, MOST_RESENDS, Overdue, Place, Progress, RESEND_AFTER, RETRY_EVERY,
    bucket_ranges, overdue,
};

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::contact::SetChange;
use crate::digest::bits80;
use crate::ids::{ApplicationId, ContactId, CouponId, ExecutionId, JobId};
use crate::span::Span;
use crate::tenant::TenantId;

/// Buckets are one minute wide.
pub const BUCKET: TimeDelta = TimeDelta::minutes(1);

/// How many partitions a minute's timers are spread over, so that one popular minute (midnight) is not one hot
/// partition.
pub const SHARDS: u8 = 4;

/// A scan sends what falls due within this time after it.
pub const LOOK_AHEAD: TimeDelta = TimeDelta::seconds(150);

/// A timer due sooner than this after it was set goes to the queue at once, because the scan that would send it may have
/// run already. Longer than the look-ahead by more than clocks differ, so that every timer is sent by the one or by the
/// other.
pub const NEAR: TimeDelta = TimeDelta::seconds(180);

/// What is to happen at the instant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Purpose {
    /// A coupon's expiry instant.
    CouponExpiry {
        /// Which coupon.
        coupon_id: CouponId,
    },
    /// A lead time before a coupon's expiry.
    CouponExpiring {
        /// Which coupon.
        coupon_id: CouponId,
        /// How long before.
        lead: Span,
    },
    /// An application has not been redeemed for so long.
    Abandonment {
        /// Which application.
        application_id: ApplicationId,
    },
    /// A hold runs out.
    HoldExpiry {
        /// Of this coupon.
        coupon_id: CouponId,
        /// For this application.
        application_id: ApplicationId,
    },
    /// An execution goes on: a wait has ended, a failed step is tried again, or it was just started.
    ExecutionWake {
        /// Which execution.
        execution_id: ExecutionId,
    },
    /// A tag or a list of a contact has changed, which executions may wait for.
    ContactChanged {
        /// Of whom.
        contact_id: ContactId,
        /// How.
        change: SetChange,
    },
    /// The erasure of a contact is completed, if the function that began it died.
    ContactErasure {
        /// Whose.
        contact_id: ContactId,
    },
    /// A job goes on where it stopped.
    JobStep {
        /// Which job.
        job_id: JobId,
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
            Purpose::CouponExpiry { coupon_id } => coupon_id.to_string(),
            Purpose::CouponExpiring { coupon_id, lead } => format!("{coupon_id}#{lead}"),
            Purpose::Abandonment { application_id } => format!("{application_id}#abandonment"),
            Purpose::HoldExpiry { application_id, .. } => application_id.to_string(),
            Purpose::ExecutionWake { execution_id } => execution_id.to_string(),
            Purpose::ContactChanged { contact_id, change } => format!("{contact_id}#{}", change.key()),
            Purpose::ContactErasure { contact_id } => format!("{contact_id}#erasure"),
            Purpose::JobStep { job_id } => job_id.to_string(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_is_near_or_beyond_what_any_scan_has_sent() {
        let now: DateTime<Utc> = "2026-01-01T12:00:59.999Z".parse().unwrap();
        let timer = |seconds| Timer {
            tenant_id: TenantId::parse("demo").unwrap(),
            due_at: now + TimeDelta::seconds(seconds),
            purpose: Purpose::CouponExpiry { coupon_id: CouponId::new(now, [0; 10]) },
        };
        assert!(timer(179).is_near(now));
        assert!(!timer(180).is_near(now));
        assert!(timer(180).due_at > now + LOOK_AHEAD);
    }
}
