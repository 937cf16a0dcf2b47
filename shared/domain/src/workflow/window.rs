//! Windows of the week, in a zone: "on weekdays from nine to five, where the contact lives".

use chrono::{DateTime, Utc};
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::coupon::ZoneName;
use crate::input::{Errors, Field};

const DAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// A time of day on some days of the week.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    days: Vec<Weekday>,
    from: Time,
    to: Time,
    zone: Option<ZoneName>,
}

impl Window {
    /// Reads `{"days": ["monday"], "from": "09:00", "to": "17:00", "time_zone": "Europe/Berlin"}`: days and zone may be
    /// left out; one that ends before it begins ends the day after.
    pub fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        field.object(&["days", "from", "to", "time_zone"], errors)?;
        let day = |name: &str| {
            let known = || DAYS.map(|(name, _)| name).join(", ");
            let found = DAYS.iter().find(|(known, _)| *known == name);
            found.map(|(_, day)| *day).ok_or_else(|| format!("must be one of {}", known()))
        };
        let days = field
            .get("days")
            .optional(errors, |field, errors| field.list(1..=7, errors, |field, errors| field.parse(day, errors)));
        let from = field.get("from").parse(time, errors);
        let to = field.get("to").parse(time, errors);
        let zone = field.get("time_zone").optional(errors, |field, errors| field.parse(ZoneName::parse, errors));
        let (from, to) = (from?, to?);
        if from == to {
            return field.get("to").refuse("must differ from from", errors);
        }
        let every_day = || DAYS.map(|(_, day)| day).to_vec();
        Some(Self { days: days?.unwrap_or_else(every_day), from, to, zone: zone? })
    }

    /// When it is open next, `now` included: `now` itself where it is open, else its next opening. In the contact's zone
    /// where that is known, else in the window's own, else in UTC. A time that the clocks skip counts as so much later,
    /// one that comes twice as the first.
    pub fn opens_at(&self, contact_zone: Option<&ZoneName>, now: DateTime<Utc>) -> DateTime<Utc> {
        let zone = contact_zone.or(self.zone.as_ref()).map_or(TimeZone::UTC, ZoneName::time_zone);
        let Ok(timestamp) = Timestamp::from_millisecond(now.timestamp_millis()) else { return now };
        let today = zone.to_datetime(timestamp).date();
        // Yesterday's may last until today; within a week each day has come, and a change of clocks may close one.
        let openings = (-1_i64..=14).filter_map(|days| {
            let day = today.checked_add(Span::new().days(days)).ok()?;
            self.days.contains(&day.weekday()).then(|| self.on(day, &zone)).flatten()
        });
        let open = openings.into_iter().find(|(_, end)| timestamp < *end);
        let next = open.map_or(timestamp, |(start, _)| start.max(timestamp));
        DateTime::from_timestamp_millis(next.as_millisecond()).unwrap_or(now)
    }

    /// From when until when it is open on a day; none where the clocks skip it whole.
    fn on(&self, day: Date, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
        let last = if self.to > self.from { day } else { day.tomorrow().ok()? };
        let instant = |day: Date, time: Time| zone.to_timestamp(day.to_datetime(time)).ok();
        let (start, end) = (instant(day, self.from)?, instant(last, self.to)?);
        (start < end).then_some((start, end))
    }
}

fn time(text: &str) -> Result<Time, &'static str> {
    let refused = "must be a time of day of 24 hours, such as \"09:00\"";
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
    use crate::input;
    use serde_json::{Value, json};

    fn window(document: Value) -> Window {
        input::read(&document, Window::read).unwrap()
    }

    fn opens(window: &Window, contact_zone: &str, now: &str) -> String {
        let zone = ZoneName::parse(contact_zone).unwrap();
        window.opens_at(Some(&zone), now.parse().unwrap()).to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }

    #[test]
    fn it_opens_on_the_next_of_its_days_in_the_contacts_zone() {
        let office = window(json!({"days": ["monday", "friday"], "from": "09:00", "to": "17:00"}));
        // 2026-11-22 is a Sunday.
        assert_eq!(opens(&office, "Europe/Berlin", "2026-11-22T12:00:00Z"), "2026-11-23T08:00:00Z");
        assert_eq!(opens(&office, "America/New_York", "2026-11-22T12:00:00Z"), "2026-11-23T14:00:00Z");
        assert_eq!(opens(&office, "Europe/Berlin", "2026-11-23T15:59:59Z"), "2026-11-23T15:59:59Z", "open");
        assert_eq!(
            opens(&office, "Europe/Berlin", "2026-11-23T16:00:00Z"),
            "2026-11-27T08:00:00Z",
            "the end is closed"
        );
    }

    #[test]
    fn its_own_zone_counts_where_the_contacts_is_not_known() {
        let berlin = window(json!({"from": "09:00", "to": "10:00", "time_zone": "Europe/Berlin"}));
        let now = "2026-11-22T12:00:00Z".parse().unwrap();
        assert_eq!(berlin.opens_at(None, now).to_rfc3339(), "2026-11-23T08:00:00+00:00");
    }

    #[test]
    fn it_follows_the_clocks_when_they_change() {
        let morning = window(json!({"from": "02:30", "to": "04:00"}));
        // Berlin skips 02:00 to 03:00 on 2026-03-29 and has it twice on 2026-10-25.
        assert_eq!(opens(&morning, "Europe/Berlin", "2026-03-28T12:00:00Z"), "2026-03-29T01:30:00Z");
        assert_eq!(opens(&morning, "Europe/Berlin", "2026-10-24T12:00:00Z"), "2026-10-25T00:30:00Z");
        let skipped = window(json!({"from": "02:10", "to": "02:50"}));
        assert_eq!(opens(&skipped, "Europe/Berlin", "2026-03-28T12:00:00Z"), "2026-03-29T01:10:00Z");
        let noon = window(json!({"from": "12:00", "to": "13:00"}));
        assert_eq!(opens(&noon, "Europe/Berlin", "2026-03-28T12:00:00Z"), "2026-03-29T10:00:00Z");
    }

    #[test]
    fn one_over_midnight_belongs_to_the_day_that_it_begins_on() {
        let night = window(json!({"days": ["saturday"], "from": "22:00", "to": "02:00"}));
        assert_eq!(opens(&night, "UTC", "2026-11-22T01:00:00Z"), "2026-11-22T01:00:00Z", "since Saturday");
        assert_eq!(opens(&night, "UTC", "2026-11-22T02:00:00Z"), "2026-11-28T22:00:00Z");
    }

    #[test]
    fn what_is_no_window_is_refused_with_its_place() {
        let refused = |document: Value| input::read(&document, Window::read).unwrap_err()[0].pointer.clone();
        assert_eq!(refused(json!({"from": "9:00", "to": "10:00"})), "/from");
        assert_eq!(refused(json!({"from": "09:00", "to": "24:00"})), "/to");
        assert_eq!(refused(json!({"from": "09:00", "to": "09:00"})), "/to");
        assert_eq!(refused(json!({"from": "09:00", "to": "10:00", "days": ["mon"]})), "/days/0");
        assert_eq!(refused(json!({"from": "09:00", "to": "10:00", "time_zone": "Berlin"})), "/time_zone");
    }
}
