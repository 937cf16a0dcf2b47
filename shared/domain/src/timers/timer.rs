//! Timers: actions that are due at a given instant. A scan runs every minute and sends stored
//! timers that fall due soon to the timer queue. Timers are stored in buckets: one bucket per
//! minute and shard.

mod scan;

pub use scan::{
    BucketRange, Check, MAX_CHECKED_MINUTES, MAX_RESENDS, OVERDUE_RETRY_INTERVAL, OverdueAction, RESEND_AFTER,
    ScanPosition, ScanProgress, bucket_ranges, overdue,
};

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use serde::Serialize;

use crate::contacts::contact::SetChange;
use crate::kernel::cursor::Cursor;
use crate::kernel::digest::bits80;
use crate::kernel::ids::{ApplicationId, ContactId, CouponId, ExecutionId, JobId};
use crate::kernel::span::Span;
use crate::tenants::tenant::TenantId;

/// Length of time that a bucket covers.
pub const BUCKET: TimeDelta = TimeDelta::minutes(1);

/// Number of shards of the timers of one minute. Each shard is a separate partition of the table,
/// so that a popular minute, such as midnight, does not overload one partition.
pub const SHARDS: u8 = 4;

/// A scan sends the timers that fall due within this time after the start of the scan.
pub const LOOK_AHEAD: TimeDelta = TimeDelta::seconds(150);

/// When the event relay reads a new timer that is due within this time, the relay sends the timer
/// directly to the queue, because a scan may already have passed the position of the timer. The
/// window exceeds [`LOOK_AHEAD`] by more than the clock skew, so that a scan finds every other
/// timer.
pub const DIRECT_SEND_WINDOW: TimeDelta = TimeDelta::seconds(180);

/// What happens when a timer fires. Serialized as a part of [`Timer`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Purpose {
    /// A coupon expires.
    CouponExpiry { coupon_id: CouponId },
    /// A notice is due, `lead` before a coupon expires.
    CouponExpiring { coupon_id: CouponId, lead: Span },
    /// An application counts as abandoned if it has not been redeemed.
    Abandonment { application_id: ApplicationId },
    /// A hold expires.
    HoldExpiry { coupon_id: CouponId, application_id: ApplicationId },
    /// An execution continues, for example because a wait has ended, a failed step is retried, or
    /// the function that ran the execution died.
    ExecutionWake { execution_id: ExecutionId },
    /// Waiting executions are notified that the tags or lists of a contact have changed.
    ContactChanged { contact_id: ContactId, change: SetChange },
    /// The erasure of a contact is completed, even if the function that started the erasure died.
    /// The memberships in audiences are removed, the waiting executions are cancelled, and the contact's data is removed
    /// from the stored records of purchases, events and executions.
    ContactErasure {
        contact_id: ContactId,
        /// Whether the erasure is complete when the timer has done its work. True for the timer that is due after every
        /// step that read the contact before the erasure.
        is_last_pass: bool,
        /// Progress of the erasure. `None` starts with the first waiting execution.
        #[serde(skip_serializing_if = "Option::is_none")]
        progress: Option<ErasureProgress>,
    },
    /// A job continues where it stopped.
    JobStep { job_id: JobId },
}

/// Progress of the erasure of a contact. Waiting executions are cancelled first, and then the stored records are
/// redacted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct ErasureProgress {
    pub part: ErasurePart,
    /// Cursor of the list that the part works through. The part continues after this cursor.
    pub after: Cursor,
    /// Whether the pass over the waiting executions has cancelled an execution. If so, another pass follows, because the
    /// index that lists waiting executions is eventually consistent.
    pub has_cancelled: bool,
}

/// Part of the erasure of a contact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErasurePart {
    /// Cancels waiting executions.
    #[default]
    Waits,
    /// Removes the contact's data from stored records.
    Records,
}

/// Timer of a tenant. Serialized in the results of operator commands.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Timer {
    pub tenant_id: TenantId,
    /// Precise to the millisecond.
    pub due_at: DateTime<Utc>,
    #[serde(flatten)]
    pub purpose: Purpose,
}

/// Timers of one minute in one shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bucket {
    /// Start of the minute.
    pub minute: DateTime<Utc>,
    /// In `0..SHARDS`.
    pub shard: u8,
}

/// Returns the start of the minute that contains an instant.
pub fn minute_of(instant: DateTime<Utc>) -> DateTime<Utc> {
    // Rounding fails only for instants outside the years 1677 to 2262. Each of these instants has
    // its own bucket.
    instant.duration_trunc(BUCKET).unwrap_or(instant)
}

impl Timer {
    /// Returns the sort key. Two timers of a tenant with the same purpose and due time have the
    /// same key and are stored as one timer. The key does not depend on the progress of an erasure.
    pub fn key(&self) -> String {
        let target = match &self.purpose {
            Purpose::CouponExpiry { coupon_id } => coupon_id.to_string(),
            Purpose::CouponExpiring { coupon_id, lead } => format!("{coupon_id}#{lead}"),
            Purpose::Abandonment { application_id } => format!("{application_id}#abandonment"),
            Purpose::HoldExpiry { application_id, .. } => application_id.to_string(),
            Purpose::ExecutionWake { execution_id } => execution_id.to_string(),
            Purpose::ContactChanged { contact_id, change } => format!("{contact_id}#{}", change.key()),
            Purpose::ContactErasure { contact_id, is_last_pass: _, progress: _ } => format!("{contact_id}#erasure"),
            Purpose::JobStep { job_id } => job_id.to_string(),
        };
        format!("{:015}#{}#{target}", self.due_at.timestamp_millis(), self.tenant_id)
    }

    /// Returns the bucket in which the scan finds the timer.
    pub fn bucket(&self) -> Bucket {
        Bucket { minute: minute_of(self.due_at), shard: bits80(&[&self.key()])[0] % SHARDS }
    }

    /// Whether the timer is due so soon that a scan may have missed the timer.
    pub fn is_near(&self, now: DateTime<Utc>) -> bool {
        self.due_at - now < DIRECT_SEND_WINDOW
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timer_that_is_not_near_is_beyond_the_look_ahead_of_a_scan() {
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
