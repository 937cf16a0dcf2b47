//! Timers: everything that is due at an instant.

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

/// How far the scans have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The oldest minute that may still hold timers.
    pub from: DateTime<Utc>,
    /// Everything due up to here has been sent once.
    pub sent_through: DateTime<Utc>,
}

/// Minutes before the present that every scan reads again: a timer may land in a minute that has just passed, when the
/// transaction that sets it is slow.
const READ_AGAIN: i32 = 5;

/// Minutes of backlog that one scan reads, so that it ends in time however long the outage was.
const BACKLOG_A_SCAN: usize = 720;

/// What a scan reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The minutes around the present first, then the oldest of the backlog.
    pub minutes: Vec<DateTime<Utc>>,
    /// Where the next scan's backlog begins if this one leaves nothing behind.
    pub next_from: DateTime<Utc>,
}

/// What a scan at `now` reads, after what earlier scans have left.
pub fn reading(progress: Option<Progress>, now: DateTime<Utc>) -> Reading {
    let present = minute_of(now) - BUCKET * READ_AGAIN;
    let from = progress.map_or(present, |progress| minute_of(progress.from));
    let mut backlog = minutes(from, present - BUCKET);
    let mut read: Vec<_> = minutes(present, minute_of(now + LOOK_AHEAD)).collect();
    read.extend(backlog.by_ref().take(BACKLOG_A_SCAN));
    Reading { minutes: read, next_from: backlog.next().unwrap_or(present) }
}

fn minutes(from: DateTime<Utc>, until: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
    std::iter::successors(Some(from), |minute| Some(*minute + BUCKET)).take_while(move |minute| *minute <= until)
}

/// What a scan leaves for the next one.
#[derive(Debug, Clone, Copy)]
pub struct Left {
    now: DateTime<Utc>,
    progress: Progress,
}

impl Left {
    /// Nothing, so far.
    pub fn nothing(reading: &Reading, now: DateTime<Utc>) -> Self {
        Self { now, progress: Progress { from: reading.next_from, sent_through: now + LOOK_AHEAD } }
    }

    /// Something of this instant is still in its bucket.
    pub fn remains(&mut self, instant: DateTime<Utc>) {
        self.progress.from = self.progress.from.min(minute_of(instant));
    }

    /// Something of this instant could not be sent. If it lies ahead, the next scan sends it in time; if not, it is
    /// overdue and sent again as such.
    pub fn not_sent(&mut self, instant: DateTime<Utc>) {
        self.remains(instant);
        if instant > self.now {
            self.progress.sent_through = self.progress.sent_through.min(instant - TimeDelta::milliseconds(1));
        }
    }

    /// How far the scans have come.
    pub fn progress(self) -> Progress {
        self.progress
    }
}

/// A timer that is overdue is sent again after this time, until it has fired: longer than the queue hides a message.
pub const RESEND_AFTER: TimeDelta = TimeDelta::minutes(4);

/// A timer is overdue when it should have fired this long ago and is still there.
const GRACE: TimeDelta = TimeDelta::minutes(1);

/// How often an overdue timer is sent again before it is set aside for an operator.
pub const MOST_RESENDS: i64 = 30;

/// What a scan does about a timer that it finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending {
    /// Send it, for the first time.
    Send,
    /// Send it again, and remember that.
    Resend,
    /// Nothing: it was sent, or it is not due yet.
    Leave,
    /// It was sent often enough: set it aside.
    SetAside,
}

/// Decides about a timer found at `now`. `resends` and `resent_at` are remembered with it.
pub fn sending(
    due_at: DateTime<Utc>,
    resends: i64,
    resent_at: Option<DateTime<Utc>>,
    progress: Option<Progress>,
    now: DateTime<Utc>,
) -> Sending {
    let sent_through = progress.map_or(DateTime::<Utc>::MIN_UTC, |progress| progress.sent_through);
    if due_at > now + LOOK_AHEAD {
        Sending::Leave
    } else if due_at > sent_through {
        Sending::Send
    } else if now - due_at < GRACE || resent_at.is_some_and(|resent_at| now - resent_at < RESEND_AFTER) {
        Sending::Leave
    } else if resends < MOST_RESENDS {
        Sending::Resend
    } else {
        Sending::SetAside
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn progress(from: &str, sent_through: &str) -> Option<Progress> {
        Some(Progress { from: at(from), sent_through: at(sent_through) })
    }

    #[test]
    fn a_scan_reads_the_minutes_around_the_present() {
        let Reading { minutes, next_from } = reading(None, at("2026-01-01T12:00:10Z"));
        assert_eq!(minutes.first(), Some(&at("2026-01-01T11:55:00Z")));
        assert_eq!(minutes.last(), Some(&at("2026-01-01T12:02:00Z")));
        assert_eq!((minutes.len(), next_from), (8, at("2026-01-01T11:55:00Z")));
    }

    #[test]
    fn an_outage_is_caught_up_after_the_present_and_a_part_at_a_time() {
        let long_ago = progress("2025-11-01T00:00:00Z", "2025-11-01T00:00:00Z");
        let Reading { minutes, next_from } = reading(long_ago, at("2026-01-01T12:00:10Z"));
        assert_eq!((minutes[0], minutes[8]), (at("2026-01-01T11:55:00Z"), at("2025-11-01T00:00:00Z")));
        assert_eq!((minutes.len(), next_from), (8 + 720, at("2025-11-01T12:00:00Z")));
    }

    #[test]
    fn a_scan_leaves_what_has_not_fired_and_what_could_not_be_sent() {
        let now = at("2026-01-01T12:00:10Z");
        let mut left = Left::nothing(&reading(None, now), now);
        assert_eq!(Some(left.progress()), progress("2026-01-01T11:55:00Z", "2026-01-01T12:02:40Z"));
        left.remains(at("2026-01-01T09:30:20Z"));
        left.not_sent(at("2026-01-01T11:59:00Z"));
        assert_eq!(Some(left.progress()), progress("2026-01-01T09:30:00Z", "2026-01-01T12:02:40Z"));
        left.not_sent(at("2026-01-01T12:01:00Z"));
        assert_eq!(Some(left.progress()), progress("2026-01-01T09:30:00Z", "2026-01-01T12:00:59.999Z"));
    }

    #[test]
    fn every_instant_is_sent_by_one_scan_however_the_scans_lie() {
        let mut scanned: Option<Progress> = None;
        let due_at = at("2026-01-01T13:00:00Z");
        let mut sent = 0;
        for scan in ["12:55:03", "12:56:03", "12:57:41", "12:58:02", "12:59:59", "13:00:30"] {
            let now = at(&format!("2026-01-01T{scan}Z"));
            sent += i32::from(sending(due_at, 0, None, scanned, now) == Sending::Send);
            scanned = Some(Progress { from: now, sent_through: now + LOOK_AHEAD });
        }
        assert_eq!(sent, 1);
    }

    #[test]
    fn a_timer_is_near_or_beyond_what_any_scan_has_sent() {
        let now = at("2026-01-01T12:00:59.999Z");
        let timer = |seconds| Timer {
            tenant_id: TenantId::parse("demo").unwrap(),
            due_at: now + TimeDelta::seconds(seconds),
            purpose: Purpose::CouponExpiry { coupon_id: CouponId::new(now, [0; 10]) },
        };
        assert!(timer(179).is_near(now));
        assert!(!timer(180).is_near(now));
        assert!(timer(180).due_at > now + LOOK_AHEAD);
    }

    #[test]
    fn an_overdue_timer_is_sent_again_a_number_of_times_and_then_set_aside() {
        let now = at("2026-01-01T12:00:00Z");
        let seen = progress("2026-01-01T11:00:00Z", "2026-01-01T12:02:00Z");
        let overdue = |resends, resent_at: Option<&str>| {
            sending(at("2026-01-01T11:58:00Z"), resends, resent_at.map(at), seen, now)
        };
        assert_eq!(overdue(0, None), Sending::Resend);
        assert_eq!(overdue(1, Some("2026-01-01T11:59:00Z")), Sending::Leave);
        assert_eq!(overdue(1, Some("2026-01-01T11:56:00Z")), Sending::Resend);
        assert_eq!(overdue(MOST_RESENDS, Some("2026-01-01T11:56:00Z")), Sending::SetAside);
        assert_eq!(sending(at("2026-01-01T11:59:30Z"), 0, None, seen, now), Sending::Leave, "it may be firing");
    }
}
