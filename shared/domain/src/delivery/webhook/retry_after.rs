//! `Retry-After` header of a response: the earliest time at which the receiver of a webhook wants
//! the next attempt.

use std::time::UNIX_EPOCH;

use chrono::{DateTime, TimeDelta, Utc};

/// Maximum time by which a receiver can postpone the next attempt with the header. A longer time in
/// the header is shortened to this maximum, so that a wrong header does not stop a webhook for
/// months.
pub const LONGEST_RETRY_AFTER: TimeDelta = TimeDelta::hours(24);

/// Value of a `Retry-After` header, in one of the two forms of RFC 9110, section 10.2.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// Time after the response.
    Delay(TimeDelta),
    /// Instant by the receiver's clock.
    Date(DateTime<Utc>),
}

impl RetryAfter {
    /// Parses the value of the header: whole seconds, or an HTTP date in any of its three formats.
    /// Returns `None` for any other value.
    pub fn parse(value: &str) -> Option<Self> {
        let value = value.trim();
        if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
            // A number that exceeds the type's range also exceeds the maximum.
            let seconds = value.parse().unwrap_or(i64::MAX);
            return Some(Self::Delay(TimeDelta::try_seconds(seconds).unwrap_or(LONGEST_RETRY_AFTER)));
        }
        let since_epoch = httpdate::parse_http_date(value).ok()?.duration_since(UNIX_EPOCH).ok()?;
        DateTime::from_timestamp(i64::try_from(since_epoch.as_secs()).ok()?, 0).map(Self::Date)
    }

    /// Returns the earliest instant that the header permits for the next attempt. The response
    /// arrived at `now`. The result is at most [`LONGEST_RETRY_AFTER`] after `now`.
    pub fn instant(self, now: DateTime<Utc>) -> DateTime<Utc> {
        let latest = now + LONGEST_RETRY_AFTER;
        match self {
            Self::Delay(delay) => now + delay.min(LONGEST_RETRY_AFTER),
            Self::Date(date) => date.min(latest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn seconds_and_all_three_http_date_formats_are_parsed() {
        assert_eq!(RetryAfter::parse("120"), Some(RetryAfter::Delay(TimeDelta::seconds(120))));
        assert_eq!(RetryAfter::parse(" 0 "), Some(RetryAfter::Delay(TimeDelta::zero())));
        let date = Some(RetryAfter::Date(at("1994-11-06T08:49:37Z")));
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(RetryAfter::parse(text), date, "{text}");
        }
    }

    #[test]
    fn invalid_value_is_ignored() {
        for text in ["", "soon", "-5", "1.5", "+3", "10 s", "1994-11-06T08:49:37Z", "Sun, 32 Nov 2026 00:00:00 GMT"] {
            assert_eq!(RetryAfter::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn next_attempt_is_postponed_by_a_day_at_most() {
        let now = at("2026-11-27T10:00:00Z");
        let instant = |text: &str| RetryAfter::parse(text).unwrap().instant(now);
        assert_eq!(instant("90"), at("2026-11-27T10:01:30Z"));
        assert_eq!(instant("Fri, 27 Nov 2026 12:00:00 GMT"), at("2026-11-27T12:00:00Z"));
        let tomorrow = at("2026-11-28T10:00:00Z");
        for long in ["86401", "9223372036854775807", "99999999999999999999999", "Fri, 27 Nov 2099 12:00:00 GMT"] {
            assert_eq!(instant(long), tomorrow, "{long}");
        }
    }
}
