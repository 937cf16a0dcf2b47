//! Weekly windows of time in a zone, such as weekdays from nine to five in the contact's zone.
//!
//! One rule covers every clock change: a window is open exactly while the local clock shows a time within it. If clocks
//! skip a part of a window, the window is open for the remaining part. If clocks skip a whole window, the window does
//! not open on that day. If clocks repeat an hour, a window within that hour opens twice.

mod schema;

pub(super) use schema::schema;

use std::ops::RangeInclusive;

use chrono::{DateTime, Utc};
use jiff::civil::{self, Date, Time, Weekday};
use jiff::tz::{Offset, TimeZone};
use jiff::{Span, Timestamp};

use crate::kernel::input::{Errors, Field};
use crate::kernel::instants::ZoneName;

const DAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// Permitted numbers of days of a window.
const DAY_COUNT: RangeInclusive<usize> = 1..=DAYS.len();

/// Range of times of day, on some days of the week.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    days: Vec<Weekday>,
    from: Time,
    to: Time,
    zone: Option<ZoneName>,
}

impl Window {
    /// Reads `{"days": ["monday"], "from": "09:00", "to": "17:00", "time_zone": "Europe/Berlin"}`. `days` and
    /// `time_zone` are optional. If `to` is before `from`, the window ends on the following day.
    pub fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        field.object(&["days", "from", "to", "time_zone"], errors)?;
        let day = |name: &str| {
            let known = || DAYS.map(|(name, _)| name).join(", ");
            let found = DAYS.iter().find(|(known, _)| *known == name);
            found.map(|(_, day)| *day).ok_or_else(|| format!("must be one of {}", known()))
        };
        let days = field
            .get("days")
            .optional(errors, |field, errors| field.list(DAY_COUNT, errors, |field, errors| field.parse(day, errors)));
        let from = field.get("from").parse(time, errors);
        let to = field.get("to").parse(time, errors);
        let zone = field.get("time_zone").optional(errors, |field, errors| field.parse(ZoneName::parse, errors));
        let (from, to) = (from?, to?);
        if from == to {
            return field.get("to").reject("must not equal from", errors);
        }
        let every_day = || DAYS.map(|(_, day)| day).to_vec();
        Some(Self { days: days?.unwrap_or_else(every_day), from, to, zone: zone? })
    }

    /// Returns the first instant, not before `now`, at which the window is open. Times are local to
    /// the contact's zone. If that zone is unknown, the window's own zone applies, or UTC if the
    /// window has no zone.
    pub fn opens_at(&self, contact_zone: Option<&ZoneName>, now: DateTime<Utc>) -> DateTime<Utc> {
        let zone = contact_zone.or(self.zone.as_ref()).map_or(TimeZone::UTC, ZoneName::time_zone);
        let Ok(timestamp) = Timestamp::from_millisecond(now.timestamp_millis()) else { return now };
        let opening = periods(&zone, timestamp).find_map(|period| self.opens_within(&period));
        // An opening is always found, because the searched time contains every day of the week
        // twice.
        let next = opening.unwrap_or(timestamp);
        DateTime::from_timestamp_millis(next.as_millisecond()).unwrap_or(now)
    }

    /// Returns the first instant of a period at which the window is open.
    fn opens_within(&self, period: &Period) -> Option<Timestamp> {
        let [first, last] = [period.from, period.to].map(|instant| period.offset.to_datetime(instant).date());
        // A window across midnight may have opened on the day before.
        let days = std::iter::successors(first.yesterday().ok(), |day| day.tomorrow().ok());
        let instant = |time: civil::DateTime| period.offset.to_timestamp(time).ok();
        days.take_while(|day| *day <= last).filter(|day| self.days.contains(&day.weekday())).find_map(|day| {
            let (from, to) = self.on(day)?;
            let (from, to) = (instant(from)?.max(period.from), instant(to)?.min(period.to));
            (from < to).then_some(from)
        })
    }

    /// Returns the local opening time and closing time of the window that opens on this day.
    fn on(&self, day: Date) -> Option<(civil::DateTime, civil::DateTime)> {
        let last = if self.to > self.from { day } else { day.tomorrow().ok()? };
        Some((day.to_datetime(self.from), last.to_datetime(self.to)))
    }
}

/// Range of time between two clock changes of a zone.
struct Period {
    from: Timestamp,
    to: Timestamp,
    offset: Offset,
}

/// Number of days that are searched for an opening. The search covers each day of the week twice,
/// because a clock change can skip an opening.
const SEARCHED_DAYS: i64 = 15;

/// Returns the periods after an instant, in order. The first period starts at the instant.
fn periods(zone: &TimeZone, from: Timestamp) -> impl Iterator<Item = Period> {
    let end = from.checked_add(Span::new().hours(24 * SEARCHED_DAYS)).unwrap_or(Timestamp::MAX);
    let changes = zone.following(from).map(|change| (change.timestamp(), change.offset()));
    let mut starts: Vec<_> = changes.take_while(|(at, _)| *at < end).collect();
    starts.insert(0, (from, zone.to_offset(from)));
    let ends: Vec<_> = starts.iter().skip(1).map(|(at, _)| *at).chain([end]).collect();
    starts.into_iter().zip(ends).map(|((from, offset), to)| Period { from, to, offset })
}

fn time(text: &str) -> Result<Time, &'static str> {
    let refused = "must be a time of day in 24-hour format, such as \"09:00\"";
    let (hours, minutes) = text.split_once(':').ok_or(refused)?;
    let number = |text: &str| match text.len() {
        2 if text.bytes().all(|b| b.is_ascii_digit()) => text.parse::<i8>().map_err(|_| refused),
        _ => Err(refused),
    };
    Time::new(number(hours)?, number(minutes)?, 0, 0).map_err(|_| refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::input;
    use serde_json::{Value, json};

    fn window(document: Value) -> Window {
        input::read(&document, Window::read).unwrap()
    }

    fn opens(window: &Window, contact_zone: &str, now: &str) -> String {
        let zone = ZoneName::parse(contact_zone).unwrap();
        window.opens_at(Some(&zone), now.parse().unwrap()).to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }

    #[test]
    fn window_opens_on_its_next_day_in_the_zone_of_the_contact() {
        let office = window(json!({"days": ["monday", "friday"], "from": "09:00", "to": "17:00"}));
        // 2026-11-22 is a Sunday.
        assert_eq!(opens(&office, "Europe/Berlin", "2026-11-22T12:00:00Z"), "2026-11-23T08:00:00Z");
        assert_eq!(opens(&office, "America/New_York", "2026-11-22T12:00:00Z"), "2026-11-23T14:00:00Z");
        assert_eq!(opens(&office, "Europe/Berlin", "2026-11-23T15:59:59Z"), "2026-11-23T15:59:59Z", "open");
        assert_eq!(
            opens(&office, "Europe/Berlin", "2026-11-23T16:00:00Z"),
            "2026-11-27T08:00:00Z",
            "the end is exclusive"
        );
    }

    #[test]
    fn window_zone_is_used_if_the_zone_of_the_contact_is_unknown() {
        let berlin = window(json!({"from": "09:00", "to": "10:00", "time_zone": "Europe/Berlin"}));
        let now = "2026-11-22T12:00:00Z".parse().unwrap();
        assert_eq!(berlin.opens_at(None, now).to_rfc3339(), "2026-11-23T08:00:00+00:00");
    }

    #[test]
    fn window_outside_a_clock_change_follows_local_time() {
        let noon = window(json!({"from": "12:00", "to": "13:00"}));
        assert_eq!(opens(&noon, "Europe/Berlin", "2026-03-28T12:00:00Z"), "2026-03-29T10:00:00Z");
        assert_eq!(opens(&noon, "Europe/Berlin", "2026-10-24T12:00:00Z"), "2026-10-25T11:00:00Z");
    }

    // New York skips 02:00 to 03:00 on 2026-03-08 (at 07:00 UTC), Berlin on 2026-03-29 (at 01:00 UTC).
    #[test]
    fn fully_skipped_window_stays_closed_until_its_next_day() {
        for (from, to) in [("02:00", "03:00"), ("02:10", "02:50"), ("02:00", "02:30"), ("02:30", "03:00")] {
            let skipped = window(json!({"from": from, "to": to}));
            let next = opens(&skipped, "America/New_York", "2026-03-08T06:59:00Z");
            assert_eq!(next, format!("2026-03-09T06:{}:00Z", &from[3..]), "{from} to {to}");
            let next = opens(&skipped, "Europe/Berlin", "2026-03-28T12:00:00Z");
            assert_eq!(next, format!("2026-03-30T00:{}:00Z", &from[3..]), "{from} to {to}");
        }
        let sundays = window(json!({"days": ["sunday"], "from": "02:00", "to": "03:00"}));
        assert_eq!(opens(&sundays, "America/New_York", "2026-03-07T12:00:00Z"), "2026-03-15T06:00:00Z");
    }

    #[test]
    fn partly_skipped_window_is_open_for_the_rest() {
        let skipped_end = window(json!({"from": "01:30", "to": "02:30"}));
        assert_eq!(opens(&skipped_end, "America/New_York", "2026-03-08T05:00:00Z"), "2026-03-08T06:30:00Z");
        assert_eq!(opens(&skipped_end, "America/New_York", "2026-03-08T06:59:59Z"), "2026-03-08T06:59:59Z");
        assert_eq!(opens(&skipped_end, "America/New_York", "2026-03-08T07:00:00Z"), "2026-03-09T05:30:00Z");
        let skipped_beginning = window(json!({"from": "02:30", "to": "03:30"}));
        assert_eq!(opens(&skipped_beginning, "America/New_York", "2026-03-08T05:00:00Z"), "2026-03-08T07:00:00Z");
        assert_eq!(opens(&skipped_beginning, "America/New_York", "2026-03-08T07:30:00Z"), "2026-03-09T06:30:00Z");
    }

    // In New York, 01:00 to 02:00 occurs twice on 2026-11-01: from 05:00 UTC and from 06:00 UTC.
    #[test]
    fn window_is_open_twice_in_an_hour_that_occurs_twice() {
        let early = window(json!({"from": "01:00", "to": "01:30"}));
        assert_eq!(opens(&early, "America/New_York", "2026-11-01T04:00:00Z"), "2026-11-01T05:00:00Z");
        assert_eq!(opens(&early, "America/New_York", "2026-11-01T05:30:00Z"), "2026-11-01T06:00:00Z");
        assert_eq!(opens(&early, "America/New_York", "2026-11-01T06:30:00Z"), "2026-11-02T06:00:00Z");
        let across = window(json!({"from": "00:30", "to": "01:30"}));
        assert_eq!(opens(&across, "America/New_York", "2026-11-01T05:40:00Z"), "2026-11-01T06:00:00Z");
        assert_eq!(opens(&across, "America/New_York", "2026-11-01T06:29:59Z"), "2026-11-01T06:29:59Z");
    }

    /// Checks the rule minute by minute around clock changes of an hour, half an hour and a whole day.
    #[test]
    fn window_is_open_exactly_while_the_local_time_is_within_it() {
        let (mut checked, mut open) = (0, 0);
        for (zone, around) in [
            ("America/New_York", "2026-03-08T07:00:00Z"),
            ("America/New_York", "2026-11-01T06:00:00Z"),
            ("Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
            ("Pacific/Apia", "2011-12-30T10:00:00Z"),
        ] {
            let around: DateTime<Utc> = around.parse().unwrap();
            let zone = ZoneName::parse(zone).unwrap();
            let time_zone = zone.time_zone();
            for (from, to) in [("01:30", "02:30"), ("02:00", "03:00"), ("02:10", "02:20"), ("23:00", "02:15")] {
                let daily = window(json!({"from": from, "to": to}));
                for minute in -300..300 {
                    let now = around + chrono::TimeDelta::minutes(minute);
                    let clock = time_zone.to_datetime(Timestamp::from_second(now.timestamp()).unwrap()).time();
                    let (start, end) = (time(from).unwrap(), time(to).unwrap());
                    let shows = match start < end {
                        true => start <= clock && clock < end,
                        false => start <= clock || clock < end,
                    };
                    assert_eq!(daily.opens_at(Some(&zone), now) == now, shows, "{zone:?} {from} {to} at {now}");
                    checked += 1;
                    open += i32::from(shows);
                }
            }
        }
        assert!(checked == 4 * 4 * 600 && open > 1000, "{checked} checked, {open} open");
    }

    #[test]
    fn window_across_midnight_belongs_to_the_day_on_which_it_opens() {
        let night = window(json!({"days": ["saturday"], "from": "22:00", "to": "02:00"}));
        assert_eq!(opens(&night, "UTC", "2026-11-22T01:00:00Z"), "2026-11-22T01:00:00Z", "since Saturday");
        assert_eq!(opens(&night, "UTC", "2026-11-22T02:00:00Z"), "2026-11-28T22:00:00Z");
    }

    #[test]
    fn invalid_window_is_rejected_with_its_pointer() {
        let refused = |document: Value| input::read(&document, Window::read).unwrap_err()[0].pointer.clone();
        assert_eq!(refused(json!({"from": "9:00", "to": "10:00"})), "/from");
        assert_eq!(refused(json!({"from": "09:00", "to": "24:00"})), "/to");
        assert_eq!(refused(json!({"from": "09:00", "to": "09:00"})), "/to");
        assert_eq!(refused(json!({"from": "09:00", "to": "10:00", "days": ["mon"]})), "/days/0");
        assert_eq!(refused(json!({"from": "09:00", "to": "10:00", "time_zone": "Berlin"})), "/time_zone");
    }
}
