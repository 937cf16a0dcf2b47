//! What a scan reads, where it goes on, and what it does about the timers that it finds.
//!
//! Each shard is scanned on its own, and has two cursors. `sent` is the place up to which every timer was sent as it fell
//! due. The check for overdue timers goes over everything before that place, again and again; it remembers where it
//! stopped.

use chrono::{DateTime, TimeDelta, Utc};

use super::{BUCKET, LOOK_AHEAD, Timer, minute_of};

/// Minutes before the present that the check for overdue timers always covers: a timer may land in a minute that has just
/// passed, when the transaction that sets it is slow.
const READ_AGAIN: i32 = 5;

/// Minutes that one scan checks for overdue timers, at most.
pub const CHECKED_A_SCAN: usize = 720;

/// An overdue timer is sent again after this time, until it has fired: longer than the queue hides a message.
pub const RESEND_AFTER: TimeDelta = TimeDelta::minutes(4);

/// A timer is overdue when it should have fired this long ago and is still there.
const GRACE: TimeDelta = TimeDelta::minutes(1);

/// How often the queue accepts an overdue timer before it moves to the list of overdue timers, which is retried less often.
pub const MOST_RESENDS: i64 = 30;

/// How often a timer on the list of overdue timers is sent again.
pub const RETRY_EVERY: TimeDelta = TimeDelta::hours(1);

/// Sorts after every sort key.
const END: &str = "~";

/// A place in a shard's timers, which are ordered by minute and then by sort key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The minute.
    pub minute: DateTime<Utc>,
    /// The sort key in that minute after which the place is; empty at the minute's start.
    pub after: String,
}

impl Place {
    /// Before every timer of a minute.
    pub fn start_of(minute: DateTime<Utc>) -> Self {
        Self { minute, after: String::new() }
    }

    /// After every timer that is due at the instant or before.
    pub fn through(instant: DateTime<Utc>) -> Self {
        let after = format!("{:015}{END}", instant.timestamp_millis());
        Self { minute: minute_of(instant), after }
    }

    /// Right after a timer.
    pub fn after(timer: &Timer) -> Self {
        Self { minute: minute_of(timer.due_at), after: timer.key() }
    }
}

/// How far the scans of a shard have come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Every timer before this place was sent as it fell due, or is old enough for the check for overdue timers.
    pub sent: Place,
    /// The oldest minute that may still hold timers.
    pub from: DateTime<Utc>,
    /// A check for overdue timers that stopped on its way; none between two checks.
    pub check: Option<Check>,
}

/// A check for overdue timers that is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Where it goes on.
    pub at: Place,
    /// The oldest minute in which it left a timer.
    pub oldest_left: Option<DateTime<Utc>>,
}

impl Check {
    /// Begins a check at a minute.
    pub fn starting_at(minute: DateTime<Utc>) -> Self {
        Self { at: Place::start_of(minute), oldest_left: None }
    }

    /// Notes that a timer stays in a minute.
    pub fn leaves(&mut self, minute: DateTime<Utc>) {
        self.oldest_left = Some(self.oldest_left.map_or(minute, |oldest| oldest.min(minute)));
    }
}

impl Progress {
    /// Before the first scan.
    pub fn none(now: DateTime<Utc>) -> Self {
        Self { sent: Place::start_of(present(now)), from: present(now), check: None }
    }

    /// From where to where a scan at `now` sends timers as they fall due: from where the last one stopped, unless that is
    /// longer ago than a few minutes. What lies between is overdue.
    pub fn due(&self, now: DateTime<Utc>) -> (Place, Place) {
        (self.sent.clone().max(Place::start_of(present(now))), Place::through(now + LOOK_AHEAD))
    }

    /// Where the check for overdue timers of a scan at `now` ends.
    pub fn checked_until(&self, now: DateTime<Utc>) -> Place {
        self.due(now).0.min(Place::through(now - GRACE))
    }

    /// Takes the check under way, or begins the next one. Even where the clock was set back, it covers the last minutes.
    pub fn take_check(&mut self, now: DateTime<Utc>) -> Check {
        self.check.take().unwrap_or(Check::starting_at(self.from.min(present(now))))
    }

    /// Records where a check ended that a scan at `now` did. Where it came to its end, the next one begins at the oldest
    /// minute in which it left a timer.
    pub fn checked(&mut self, check: Check, until: &Place, now: DateTime<Utc>) {
        if check.at >= *until {
            self.from = check.oldest_left.map_or(present(now), |oldest| oldest.min(present(now)));
            self.check = None;
        } else {
            self.check = Some(check);
        }
    }
}

fn present(now: DateTime<Utc>) -> DateTime<Utc> {
    minute_of(now) - BUCKET * READ_AGAIN
}

/// The part of one minute's bucket between two sort keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketRange {
    /// The minute.
    pub minute: DateTime<Utc>,
    /// After this sort key …
    pub after: String,
    /// … through this one.
    pub through: String,
}

/// The parts of the buckets between two places, in order.
pub fn bucket_ranges(from: &Place, to: &Place) -> impl Iterator<Item = BucketRange> + use<> {
    let (from, to) = (from.clone(), to.clone());
    let minutes = std::iter::successors(Some(from.minute), |minute| Some(*minute + BUCKET));
    minutes.take_while(move |minute| *minute <= to.minute).filter_map(move |minute| {
        let after = if minute == from.minute { from.after.clone() } else { String::new() };
        let through = if minute == to.minute { to.after.clone() } else { END.to_owned() };
        (after < through).then_some(BucketRange { minute, after, through })
    })
}

/// What a check does about a timer that should have fired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overdue {
    /// Nothing yet: it was sent a moment ago.
    Leave,
    /// Send it again.
    Resend,
    /// Move it to the list of overdue timers, so that it does not hold up the checks.
    List,
}

/// Decides about a timer that should have fired before `now` and was accepted by the queue `resends` times since.
pub fn overdue(resends: i64, resent_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Overdue {
    if resent_at.is_some_and(|resent_at| now - resent_at < RESEND_AFTER) {
        Overdue::Leave
    } else if resends < MOST_RESENDS {
        Overdue::Resend
    } else {
        Overdue::List
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::CouponId;
    use crate::tenant::TenantId;
    use crate::timer::Purpose;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn timer(due_at: &str) -> Timer {
        let due_at = at(due_at);
        let purpose = Purpose::CouponExpiry { coupon_id: CouponId::new(due_at, [0; 10]) };
        Timer { tenant_id: TenantId::parse("demo").unwrap(), due_at, purpose }
    }

    fn is_in(timer: &Timer, (from, to): &(Place, Place)) -> bool {
        let key = timer.key();
        bucket_ranges(from, to).any(|s| s.minute == minute_of(timer.due_at) && key > s.after && key <= s.through)
    }

    fn minutes(from: &Place, to: &Place) -> usize {
        bucket_ranges(from, to).count()
    }

    #[test]
    fn the_first_scan_sends_what_is_due_from_a_few_minutes_ago_to_the_look_ahead() {
        let now = at("2026-01-01T12:00:10Z");
        let due = Progress::none(now).due(now);
        assert_eq!((due.0.minute, due.1.minute), (at("2026-01-01T11:55:00Z"), at("2026-01-01T12:02:00Z")));
        assert!(is_in(&timer("2026-01-01T12:02:40Z"), &due));
        assert!(!is_in(&timer("2026-01-01T12:02:40.001Z"), &due));
    }

    #[test]
    fn every_instant_is_sent_by_one_scan_however_the_scans_lie() {
        let due = timer("2026-01-01T13:00:00Z");
        let mut progress = Progress::none(at("2026-01-01T12:50:00Z"));
        let mut sent = 0;
        for scan in ["12:55:03", "12:56:03", "12:57:41", "12:58:02", "12:59:59", "13:00:30"] {
            let range = progress.due(at(&format!("2026-01-01T{scan}Z")));
            sent += i32::from(is_in(&due, &range));
            progress.sent = range.1;
        }
        assert_eq!(sent, 1);
    }

    #[test]
    fn a_scan_that_stops_in_a_bucket_goes_on_after_the_last_timer_it_sent() {
        let [first, second] = ["2026-01-01T12:01:00.001Z", "2026-01-01T12:01:00.002Z"].map(timer);
        let now = at("2026-01-01T12:00:10Z");
        let progress = Progress { sent: Place::after(&first), ..Progress::none(now) };
        let due = progress.due(now);
        assert_eq!((is_in(&first, &due), is_in(&second, &due)), (false, true));
    }

    #[test]
    fn what_fell_due_in_an_outage_is_left_to_the_check_and_what_falls_due_now_comes_first() {
        let (before, now) = (at("2025-11-01T00:00:00Z"), at("2026-01-01T12:00:10Z"));
        let mut progress = Progress { sent: Place::through(before), ..Progress::none(before) };
        assert_eq!(minutes(&progress.due(now).0, &progress.due(now).1), 8);
        let until = progress.checked_until(now);
        assert_eq!(until, Place::start_of(at("2026-01-01T11:55:00Z")));
        let check = progress.take_check(now);
        assert_eq!(check.at, Place::start_of(at("2025-10-31T23:55:00Z")));
        assert!(is_in(&timer("2025-12-24T09:00:00Z"), &(check.at, until)));
    }

    #[test]
    fn a_timer_is_overdue_a_minute_after_its_instant_and_only_where_it_was_sent() {
        let now = at("2026-01-01T12:00:10Z");
        let all_sent = Progress { sent: Place::through(now + LOOK_AHEAD), ..Progress::none(now) };
        let (from, until) = (Place::start_of(all_sent.from), all_sent.checked_until(now));
        assert!(is_in(&timer("2026-01-01T11:59:10Z"), &(from.clone(), until.clone())));
        assert!(!is_in(&timer("2026-01-01T11:59:10.001Z"), &(from.clone(), until)), "it may be firing");
        let sent = timer("2026-01-01T11:58:00Z");
        let stopped = Progress { sent: Place::after(&sent), ..all_sent };
        let overdue = (from, stopped.checked_until(now));
        assert_eq!((is_in(&sent, &overdue), is_in(&timer("2026-01-01T11:58:00.001Z"), &overdue)), (true, false));
    }

    #[test]
    fn a_check_that_stops_goes_on_and_one_that_ends_begins_again_at_the_oldest_timer_left() {
        let now = at("2026-01-01T12:00:10Z");
        let mut progress = Progress { sent: Place::through(now), ..Progress::none(now) };
        let until = progress.checked_until(now);
        let mut check = progress.take_check(now);
        check.leaves(at("2026-01-01T11:56:00Z"));
        check.at = Place::start_of(at("2026-01-01T11:58:00Z"));
        progress.checked(check.clone(), &until, now);
        assert_eq!((&progress.check, progress.from), (&Some(check), at("2026-01-01T11:55:00Z")));
        let mut check = progress.take_check(now);
        check.leaves(at("2026-01-01T11:59:00Z"));
        check.at = until.clone();
        let later = at("2026-01-01T12:30:00Z");
        progress.checked(check, &until, later);
        assert_eq!((&progress.check, progress.from), (&None, at("2026-01-01T11:56:00Z")));
        progress.checked(Check { at: until.clone(), oldest_left: None }, &until, later);
        assert_eq!(progress.from, at("2026-01-01T12:25:00Z"), "a timer may still land in the last minutes");
    }

    #[test]
    fn an_overdue_timer_is_sent_again_a_number_of_times_and_then_listed() {
        let now = at("2026-01-01T12:00:00Z");
        let decided = |resends, resent_at: Option<&str>| overdue(resends, resent_at.map(at), now);
        assert_eq!(decided(0, None), Overdue::Resend);
        assert_eq!(decided(1, Some("2026-01-01T11:59:00Z")), Overdue::Leave);
        assert_eq!(decided(1, Some("2026-01-01T11:56:00Z")), Overdue::Resend);
        assert_eq!(decided(MOST_RESENDS, Some("2026-01-01T11:59:00Z")), Overdue::Leave);
        assert_eq!(decided(MOST_RESENDS, Some("2026-01-01T11:56:00Z")), Overdue::List);
    }
}
