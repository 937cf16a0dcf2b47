//! Durations in ISO 8601 form. Years and months are excluded, because they have no fixed length.

use std::fmt;
use std::ops::RangeInclusive;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kernel::input::{Errors, Field};
use crate::kernel::json_schema;

/// A duration with millisecond precision, written in hours, minutes and seconds, such as `PT24H`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^PT([0-9]+H)?([0-9]+M)?([0-9]+([.][0-9]{3})?S)?$"))]
pub struct Span(TimeDelta);

/// Error for a text that is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be an ISO 8601 duration of weeks, days, hours, minutes and seconds, such as \"PT24H\" or \"P3D\", \
     without years, months or a sign"
)]
pub struct InvalidSpan;

impl Span {
    /// Parses an ISO 8601 duration.
    ///
    /// # Errors
    /// Returns an error if the text is not a duration, or if the duration has months or years.
    pub fn parse(text: &str) -> Result<Self, InvalidSpan> {
        // Calls the underlying parser, because `iso8601::duration` ignores trailing text.
        let Ok((b"", duration)) = iso8601::parsers::parse_duration(text.as_bytes()) else { return Err(InvalidSpan) };
        if !text.contains(|c: char| c.is_ascii_digit()) {
            return Err(InvalidSpan);
        }
        let delta = match duration {
            iso8601::Duration::Weeks(weeks) => TimeDelta::try_weeks(weeks.into()),
            iso8601::Duration::YMDHMS { year: 0, month: 0, day, hour, minute, second, millisecond } => {
                let seconds =
                    i64::from(day) * 86_400 + i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
                TimeDelta::try_milliseconds(seconds * 1000 + i64::from(millisecond))
            }
            iso8601::Duration::YMDHMS { .. } => None,
        };
        delta.map(Self).ok_or(InvalidSpan)
    }

    /// Reads a duration within `range`.
    pub fn read(field: &Field<'_>, range: RangeInclusive<TimeDelta>, errors: &mut Errors) -> Option<Self> {
        let span = field.parse(Self::parse, errors)?;
        match range.contains(&span.0) {
            true => Some(span),
            false => field.reject(
                format_args!("must be from {} to {}", Self::limit(*range.start()), Self::limit(*range.end())),
                errors,
            ),
        }
    }

    /// Returns the request schema of a duration within `range`.
    pub fn schema(description: &str, range: &RangeInclusive<TimeDelta>) -> Value {
        let (least, most) = (Self::limit(*range.start()), Self::limit(*range.end()));
        json_schema::duration(&format!("{description} {least} to {most}."))
    }

    /// Writes the limit of a duration, in days if possible.
    fn limit(span: TimeDelta) -> String {
        match span.num_days() {
            days if days > 1 && span == TimeDelta::days(days) => format!("P{days}D"),
            _ => Self(span).to_string(),
        }
    }

    /// Returns the duration as a time difference.
    pub fn delta(self) -> TimeDelta {
        self.0
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hours, minutes) = (self.0.num_hours(), self.0.num_minutes() % 60);
        let (seconds, milliseconds) = (self.0.num_seconds() % 60, self.0.num_milliseconds() % 1000);
        f.write_str("PT")?;
        if hours > 0 {
            write!(f, "{hours}H")?;
        }
        if minutes > 0 {
            write!(f, "{minutes}M")?;
        }
        match milliseconds {
            0 if seconds == 0 && self.0 > TimeDelta::zero() => Ok(()),
            0 => write!(f, "{seconds}S"),
            _ => write!(f, "{seconds}.{milliseconds:03}S"),
        }
    }
}

impl TryFrom<String> for Span {
    type Error = InvalidSpan;
    fn try_from(text: String) -> Result<Self, InvalidSpan> {
        Self::parse(&text)
    }
}

impl From<Span> for String {
    fn from(span: Span) -> String {
        span.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<TimeDelta, InvalidSpan> {
        Span::parse(text).map(Span::delta)
    }

    #[test]
    fn malformed_durations_and_durations_in_months_or_years_are_rejected() {
        assert_eq!(parse("PT24H"), Ok(TimeDelta::hours(24)));
        assert_eq!(parse("P1DT30M"), Ok(TimeDelta::minutes(24 * 60 + 30)));
        assert_eq!(parse("P2W"), Ok(TimeDelta::weeks(2)));
        for bad in ["", "24h", "P1M", "P1Y", "PT", "PT24Hgarbage", "PT1H30", "P1W2D", "P2DT12h", "P3D "] {
            assert_eq!(parse(bad), Err(InvalidSpan), "{bad}");
        }
    }

    #[test]
    fn written_duration_parses_back_unchanged() {
        for text in ["PT24H", "PT1H30M", "PT5S", "PT0.250S", "PT0S", "PT36H1M1S"] {
            assert_eq!(Span::parse(text).unwrap().to_string(), text);
        }
    }
}
