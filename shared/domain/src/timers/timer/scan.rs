//! Scan policy: which timers a scan reads, where the scan continues, and how it handles overdue
//! timers. A timer is overdue if it still exists a minute after its due time.
//!
//! The timers of each minute are divided into shards. Each shard is scanned separately, in two
//! parts. The first part sends the timers that fall due, from the position `sent` on. The second
//! part is the check for overdue timers. The check reads earlier timers again, from the minute
//! `from` on. If a check is interrupted, `check` holds the position at which the next scan
//! continues the check.

use chrono::{DateTime, TimeDelta, Utc};

use super::{BUCKET, LOOK_AHEAD, Timer, minute_of};

/// Number of past minutes that every new check for overdue timers covers, because a slow
/// transaction can store a timer in a minute that has already passed.
const RECHECKED_MINUTES: i32 = 5;

/// Maximum number of minutes that one scan checks for overdue timers.
pub const MAX_CHECKED_MINUTES: usize = 720;

/// Minimum time between two resends of an overdue timer. Longer than the queue's visibility
/// timeout.
pub const RESEND_AFTER: TimeDelta = TimeDelta::minutes(4);

/// A timer that still exists this long after its due time is overdue.
const GRACE: TimeDelta = TimeDelta::minutes(1);

/// Maximum number of times that the check resends an overdue timer. After that, the timer moves to
/// the list of overdue timers, which are resent less often.
pub const MAX_RESENDS: i64 = 30;

/// Interval at which a timer on the list of overdue timers is sent again.
pub const OVERDUE_RETRY_INTERVAL: TimeDelta = TimeDelta::hours(1);

/// Text that sorts after every sort key.
const END: &str = "~";

/// Position among the timers of a shard, which are ordered by minute and then by sort key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScanPosition {
    pub minute: DateTime<Utc>,
    /// The position is directly after this sort key. Empty at the start of the minute.
    pub after: String,
}

impl ScanPosition {
    /// Returns the position before every timer of a minute.
    pub fn start_of(minute: DateTime<Utc>) -> Self {
        Self { minute, after: String::new() }
    }

    /// Returns the position after every timer that is due at the instant or before.
    pub fn through(instant: DateTime<Utc>) -> Self {
        let after = format!("{:015}{END}", instant.timestamp_millis());
        Self { minute: minute_of(instant), after }
    }

    /// Returns the position right after a timer.
    pub fn after(timer: &Timer) -> Self {
        Self { minute: minute_of(timer.due_at), after: timer.key() }
    }
}

/// Progress of the scans of a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanProgress {
    /// Every timer before this position was sent when it fell due, or is left to the check for
    /// overdue timers.
    pub sent: ScanPosition,
    /// Minute at which the next new check starts. Earlier minutes contain no timers that a
    /// check must handle.
    pub from: DateTime<Utc>,
    /// Interrupted check for overdue timers. `None` if no check was interrupted.
    pub check: Option<Check>,
}

/// Progress of a check for overdue timers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Where the check continues.
    pub at: ScanPosition,
    /// Oldest minute that the next check must read again.
    pub oldest_left: Option<DateTime<Utc>>,
}

impl Check {
    /// Starts a check at a minute.
    pub fn starting_at(minute: DateTime<Utc>) -> Self {
        Self { at: ScanPosition::start_of(minute), oldest_left: None }
    }

    /// Records that the next check must read this minute again, because a timer may still have to
    /// fire.
    pub fn leaves(&mut self, minute: DateTime<Utc>) {
        self.oldest_left = Some(self.oldest_left.map_or(minute, |oldest| oldest.min(minute)));
    }
}

impl ScanProgress {
    /// Returns the progress before the first scan.
    pub fn none(now: DateTime<Utc>) -> Self {
        Self { sent: ScanPosition::start_of(present(now)), from: present(now), check: None }
    }

    /// Returns the start and end of the timers that a scan at `now` sends because they fall due.
    /// The range starts where the last scan stopped, or a few minutes ago if that is later. Older
    /// timers are left to the check for overdue timers.
    pub fn due(&self, now: DateTime<Utc>) -> (ScanPosition, ScanPosition) {
        (self.sent.clone().max(ScanPosition::start_of(present(now))), ScanPosition::through(now + LOOK_AHEAD))
    }

    /// Returns the position at which the check for overdue timers ends in a scan at `now`.
    pub fn checked_until(&self, now: DateTime<Utc>) -> ScanPosition {
        self.due(now).0.min(ScanPosition::through(now - GRACE))
    }

    /// Resumes the interrupted check, or starts a new check. A new check covers the last few
    /// minutes even if the clock was set back.
    pub fn take_check(&mut self, now: DateTime<Utc>) -> Check {
        self.check.take().unwrap_or(Check::starting_at(self.from.min(present(now))))
    }

    /// Records how far the check got in a scan at `now`. `until` is the end of the check. After a
    /// completed check, the next check starts at the oldest minute that must be read again, or a
    /// few minutes ago if that is earlier.
    pub fn checked(&mut self, check: Check, until: &ScanPosition, now: DateTime<Utc>) {
        if check.at >= *until {
            self.from = check.oldest_left.map_or(present(now), |oldest| oldest.min(present(now)));
            self.check = None;
        } else {
            self.check = Some(check);
        }
    }
}

fn present(now: DateTime<Utc>) -> DateTime<Utc> {
    minute_of(now) - BUCKET * RECHECKED_MINUTES
}

/// Part of a bucket between two sort keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketRange {
    pub minute: DateTime<Utc>,
    /// Exclusive start.
    pub after: String,
    /// Inclusive end.
    pub through: String,
}

/// Returns the parts of the buckets between two positions, in order.
pub fn bucket_ranges(from: &ScanPosition, to: &ScanPosition) -> impl Iterator<Item = BucketRange> + use<> {
    let (from, to) = (from.clone(), to.clone());
    let minutes = std::iter::successors(Some(from.minute), |minute| Some(*minute + BUCKET));
    minutes.take_while(move |minute| *minute <= to.minute).filter_map(move |minute| {
        let after = if minute == from.minute { from.after.clone() } else { String::new() };
        let through = if minute == to.minute { to.after.clone() } else { END.to_owned() };
        (after < through).then_some(BucketRange { minute, after, through })
    })
}

/// What a check does about an overdue timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OverdueAction {
    /// Wait, because the timer was sent again less than [`RESEND_AFTER`] ago.
    Leave,
    Resend,
    /// Move the timer to the list of overdue timers, so that it does not slow down later checks.
    List,
}

/// Decides what to do about an overdue timer at `now`. `resends` is the number of times that the
/// timer was sent again since it became overdue. `resent_at` is the time of the last resend.
pub fn overdue(resends: i64, resent_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> OverdueAction {
    if resent_at.is_some_and(|resent_at| now - resent_at < RESEND_AFTER) {
        OverdueAction::Leave
    } else if resends < MAX_RESENDS {
        OverdueAction::Resend
    } else {
        OverdueAction::List
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::ids::CouponId;
    use crate::tenants::tenant::TenantId;
    use crate::timers::timer::Purpose;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn timer(due_at: &str) -> Timer {
        let due_at = at(due_at);
        let purpose = Purpose::CouponExpiry { coupon_id: CouponId::new(due_at, [0; 10]) };
        Timer { tenant_id: TenantId::parse("demo").unwrap(), due_at, purpose }
    }

    fn is_in(timer: &Timer, (from, to): &(ScanPosition, ScanPosition)) -> bool {
        let key = timer.key();
        bucket_ranges(from, to).any(|s| s.minute == minute_of(timer.due_at) && key > s.after && key <= s.through)
    }

    fn minutes(from: &ScanPosition, to: &ScanPosition) -> usize {
        bucket_ranges(from, to).count()
    }

    #[test]
    fn first_scan_sends_from_five_minutes_ago_to_the_look_ahead() {
        let now = at("2026-01-01T12:00:10Z");
        let due = ScanProgress::none(now).due(now);
        assert_eq!((due.0.minute, due.1.minute), (at("2026-01-01T11:55:00Z"), at("2026-01-01T12:02:00Z")));
        assert!(is_in(&timer("2026-01-01T12:02:40Z"), &due));
        assert!(!is_in(&timer("2026-01-01T12:02:40.001Z"), &due));
    }

    #[test]
    fn timer_is_sent_by_exactly_one_of_successive_scans() {
        let due = timer("2026-01-01T13:00:00Z");
        let mut progress = ScanProgress::none(at("2026-01-01T12:50:00Z"));
        let mut sent = 0;
        for scan in ["12:55:03", "12:56:03", "12:57:41", "12:58:02", "12:59:59", "13:00:30"] {
            let range = progress.due(at(&format!("2026-01-01T{scan}Z")));
            sent += i32::from(is_in(&due, &range));
            progress.sent = range.1;
        }
        assert_eq!(sent, 1);
    }

    #[test]
    fn interrupted_scan_continues_after_the_last_timer_it_sent() {
        let [first, second] = ["2026-01-01T12:01:00.001Z", "2026-01-01T12:01:00.002Z"].map(timer);
        let now = at("2026-01-01T12:00:10Z");
        let progress = ScanProgress { sent: ScanPosition::after(&first), ..ScanProgress::none(now) };
        let due = progress.due(now);
        assert_eq!((is_in(&first, &due), is_in(&second, &due)), (false, true));
    }

    #[test]
    fn timers_due_in_an_outage_are_left_to_the_overdue_check() {
        let (before, now) = (at("2025-11-01T00:00:00Z"), at("2026-01-01T12:00:10Z"));
        let mut progress = ScanProgress { sent: ScanPosition::through(before), ..ScanProgress::none(before) };
        assert_eq!(minutes(&progress.due(now).0, &progress.due(now).1), 8);
        let until = progress.checked_until(now);
        assert_eq!(until, ScanPosition::start_of(at("2026-01-01T11:55:00Z")));
        let check = progress.take_check(now);
        assert_eq!(check.at, ScanPosition::start_of(at("2025-10-31T23:55:00Z")));
        assert!(is_in(&timer("2025-12-24T09:00:00Z"), &(check.at, until)));
    }

    #[test]
    fn timer_that_was_sent_is_overdue_a_minute_after_its_instant() {
        let now = at("2026-01-01T12:00:10Z");
        let all_sent = ScanProgress { sent: ScanPosition::through(now + LOOK_AHEAD), ..ScanProgress::none(now) };
        let (from, until) = (ScanPosition::start_of(all_sent.from), all_sent.checked_until(now));
        assert!(is_in(&timer("2026-01-01T11:59:10Z"), &(from.clone(), until.clone())));
        assert!(
            !is_in(&timer("2026-01-01T11:59:10.001Z"), &(from.clone(), until)),
            "a timer that was due less than a minute ago may be firing now"
        );
        let sent = timer("2026-01-01T11:58:00Z");
        let stopped = ScanProgress { sent: ScanPosition::after(&sent), ..all_sent };
        let overdue = (from, stopped.checked_until(now));
        assert_eq!((is_in(&sent, &overdue), is_in(&timer("2026-01-01T11:58:00.001Z"), &overdue)), (true, false));
    }

    #[test]
    fn completed_check_restarts_at_the_oldest_timer_left() {
        let now = at("2026-01-01T12:00:10Z");
        let mut progress = ScanProgress { sent: ScanPosition::through(now), ..ScanProgress::none(now) };
        let until = progress.checked_until(now);
        let mut check = progress.take_check(now);
        check.leaves(at("2026-01-01T11:56:00Z"));
        check.at = ScanPosition::start_of(at("2026-01-01T11:58:00Z"));
        progress.checked(check.clone(), &until, now);
        assert_eq!((&progress.check, progress.from), (&Some(check), at("2026-01-01T11:55:00Z")));
        let mut check = progress.take_check(now);
        check.leaves(at("2026-01-01T11:59:00Z"));
        check.at = until.clone();
        let later = at("2026-01-01T12:30:00Z");
        progress.checked(check, &until, later);
        assert_eq!((&progress.check, progress.from), (&None, at("2026-01-01T11:56:00Z")));
        progress.checked(Check { at: until.clone(), oldest_left: None }, &until, later);
        assert_eq!(
            progress.from,
            at("2026-01-01T12:25:00Z"),
            "a slow transaction may still store a timer in the last minutes"
        );
    }

    #[test]
    fn overdue_timer_is_resent_up_to_the_limit_and_then_listed() {
        let now = at("2026-01-01T12:00:00Z");
        let decided = |resends, resent_at: Option<&str>| overdue(resends, resent_at.map(at), now);
        assert_eq!(decided(0, None), OverdueAction::Resend);
        assert_eq!(decided(1, Some("2026-01-01T11:59:00Z")), OverdueAction::Leave);
        assert_eq!(decided(1, Some("2026-01-01T11:56:00Z")), OverdueAction::Resend);
        assert_eq!(decided(MAX_RESENDS, Some("2026-01-01T11:59:00Z")), OverdueAction::Leave);
        assert_eq!(decided(MAX_RESENDS, Some("2026-01-01T11:56:00Z")), OverdueAction::List);
    }
}
