//! Instants in requests. An instant is written with a UTC offset, or as the local date-time of a
//! time zone.

use std::fmt;

use chrono::{DateTime, Datelike as _, SubsecRound as _, Utc};
use jiff::civil;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::kernel::input::{Errors, Field};

/// Name of a time zone in the IANA database, such as `Europe/Berlin`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct ZoneName(String);

/// Error for a text that is not the name of a time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a time zone of the IANA database, such as \"Europe/Berlin\"")]
pub struct UnknownZone;

impl ZoneName {
    /// Parses a time zone name, ignoring case.
    ///
    /// # Errors
    /// Returns an error if the bundled IANA database has no such zone.
    pub fn parse(text: &str) -> Result<Self, UnknownZone> {
        let zone = zone(text).ok_or(UnknownZone)?;
        zone.iana_name().map(|name| Self(name.to_owned())).ok_or(UnknownZone)
    }

    /// Returns the request schema of a time zone.
    pub fn schema(description: &str) -> Value {
        json!({"type": "string", "description": format!("{description} An IANA time zone name.")})
    }

    /// Returns the rules of the zone.
    pub fn time_zone(&self) -> TimeZone {
        zone(&self.0).unwrap_or(TimeZone::UTC)
    }

    /// Returns the calendar day at `instant` in this zone.
    pub fn date(&self, instant: DateTime<Utc>) -> chrono::NaiveDate {
        let day = self.local(instant).and_then(|day| {
            chrono::NaiveDate::from_ymd_opt(
                day.year().into(),
                day.month().unsigned_abs().into(),
                day.day().unsigned_abs().into(),
            )
        });
        day.unwrap_or_else(|| instant.date_naive())
    }

    /// Returns the local date-time at `instant` in this zone. Returns `None` if the time zone
    /// library does not support the instant.
    pub(crate) fn local(&self, instant: DateTime<Utc>) -> Option<civil::DateTime> {
        let timestamp = jiff::Timestamp::from_millisecond(instant.timestamp_millis()).ok()?;
        Some(zone(&self.0)?.to_datetime(timestamp))
    }

    /// Returns the local date-time at `instant` in this zone as text, such as `2036-12-01T00:00:00`. Returns `None` if
    /// the time zone library does not support the instant.
    pub fn local_text(&self, instant: DateTime<Utc>) -> Option<String> {
        self.local(instant).map(|local| local.to_string())
    }

    /// Converts a local date-time of this zone to an instant. Rejects a date-time that is skipped
    /// or occurs twice when the clocks change.
    fn instant(&self, local: civil::DateTime) -> Result<DateTime<Utc>, String> {
        let zone = zone(&self.0).ok_or_else(|| UnknownZone.to_string())?;
        let ambiguous = zone.to_ambiguous_timestamp(local);
        let problem = match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } => {
                let timestamp = ambiguous.unambiguous().map_err(|error| error.to_string())?;
                return check_year(DateTime::from_timestamp_millis(timestamp.as_millisecond()).unwrap_or_default());
            }
            AmbiguousOffset::Gap { .. } => "is skipped",
            AmbiguousOffset::Fold { .. } => "occurs twice",
        };
        Err(format!("{problem} in {self} when the clocks change; write the instant with its offset"))
    }
}

/// Checks that the year is from 1 to 9999, because RFC 3339 writes a year with four digits.
fn check_year(instant: DateTime<Utc>) -> Result<DateTime<Utc>, String> {
    match instant.year() {
        1..=9999 => Ok(instant),
        _ => Err("must be in the years 1 to 9999 (UTC)".to_owned()),
    }
}

fn zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

impl Default for ZoneName {
    fn default() -> Self {
        Self("UTC".to_owned())
    }
}

impl fmt::Display for ZoneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ZoneName {
    type Error = UnknownZone;
    fn try_from(text: String) -> Result<Self, UnknownZone> {
        Self::parse(&text)
    }
}

impl From<ZoneName> for String {
    fn from(zone: ZoneName) -> String {
        zone.0
    }
}

/// Reads an instant with millisecond precision, in the forms that [`parse_instant`] accepts.
pub(crate) fn read_instant(field: &Field<'_>, zone: Option<&ZoneName>, errors: &mut Errors) -> Option<DateTime<Utc>> {
    field.parse(|text| parse_instant(text, zone), errors)
}

/// Parses an instant with millisecond precision. The text is RFC 3339 with an offset. If `zone` is
/// given, the text can also be a local date-time without an offset.
///
/// # Errors
/// Returns an error if the text is not a valid instant, or if the clock change of the zone skips or
/// repeats the local date-time. The error says what to write instead.
pub fn parse_instant(text: &str, zone: Option<&ZoneName>) -> Result<DateTime<Utc>, String> {
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return check_year(instant.with_timezone(&Utc).trunc_subsecs(3));
    }
    let local = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok();
    match (local.and_then(|_| text.parse::<civil::DateTime>().ok()), zone) {
        (Some(local), Some(zone)) => zone.instant(local),
        (Some(_), None) => Err("must have an offset, such as \"2026-12-01T00:00:00Z\", or a time_zone".to_owned()),
        (None, _) => Err("must be an RFC 3339 instant with an offset, such as \"2026-12-01T00:00:00Z\"".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::input;
    use serde_json::json;

    fn read(text: &str, zone: Option<&str>) -> Result<String, String> {
        let zone = zone.map(|zone| ZoneName::parse(zone).unwrap());
        let instant = input::read(&json!(text), |field, errors| read_instant(field, zone.as_ref(), errors));
        instant.map(|instant| instant.to_rfc3339()).map_err(|errors| errors[0].detail.clone())
    }

    #[test]
    fn local_time_is_converted_with_zone_rules_of_that_day() {
        let berlin = Some("Europe/Berlin");
        assert_eq!(read("2026-12-01T00:00:00", berlin).unwrap(), "2026-11-30T23:00:00+00:00");
        assert_eq!(read("2026-07-31T23:59:59.5", berlin).unwrap(), "2026-07-31T21:59:59.500+00:00");
        assert_eq!(read("2026-07-31T12:00:00+05:30", berlin).unwrap(), "2026-07-31T06:30:00+00:00");
    }

    #[test]
    fn skipped_or_repeated_local_time_is_rejected() {
        let berlin = Some("Europe/Berlin");
        assert!(read("2026-03-29T02:30:00", berlin).unwrap_err().starts_with("is skipped in Europe/Berlin"));
        assert!(read("2026-10-25T02:30:00", berlin).unwrap_err().starts_with("occurs twice in Europe/Berlin"));
    }

    #[test]
    fn local_time_without_zone_and_invalid_instants_are_rejected() {
        assert!(read("2026-12-01T00:00:00", None).unwrap_err().contains("time_zone"));
        for bad in ["2026-12-01", "tomorrow", "2026-12-01T24:00:00", "9999-12-31T23:59:59-12:00"] {
            assert!(read(bad, Some("Europe/Berlin")).is_err(), "{bad}");
        }
    }

    #[test]
    fn zone_must_be_in_iana_database() {
        assert_eq!(ZoneName::parse("UTC"), Ok(ZoneName::default()));
        assert_eq!(ZoneName::parse("europe/berlin").unwrap().to_string(), "Europe/Berlin");
        for bad in ["CET+1", "Mars/Olympus", "", "../../etc/passwd"] {
            assert_eq!(ZoneName::parse(bad), Err(UnknownZone), "{bad}");
        }
    }

    #[test]
    fn date_depends_on_the_zone() {
        let instant = "2026-11-30T23:30:00Z".parse().unwrap();
        assert_eq!(ZoneName::parse("Europe/Berlin").unwrap().date(instant).to_string(), "2026-12-01");
        assert_eq!(ZoneName::parse("America/New_York").unwrap().date(instant).to_string(), "2026-11-30");
    }
}
