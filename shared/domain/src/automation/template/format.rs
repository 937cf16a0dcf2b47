//! Formats amounts and instants for a locale and time zone. Falls back to a locale-independent format if a value cannot
//! be formatted for the locale.

use chrono::{DateTime, Utc};
use icu_calendar::{Date, Gregorian};
use icu_datetime::fieldsets::{T, YMD};
use icu_datetime::input::{DateTime as LocalDateTime, Time};
use icu_datetime::{FixedCalendarDateTimeFormatter, NoCalendarFormatter};
use icu_experimental::dimension::currency::CurrencyType;
use icu_experimental::dimension::currency::formatter::CurrencyFormatter;

use crate::kernel::instants::ZoneName;
use crate::kernel::locale::Locale;
use crate::kernel::money::Money;

/// Locale and time zone for the formatting of amounts and instants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Format {
    pub locale: Locale,
    pub zone: ZoneName,
}

/// Length of a formatted date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, strum::EnumString)]
#[strum(serialize_all = "snake_case")]
pub(super) enum Length {
    Short,
    #[default]
    Medium,
    Long,
}

impl Length {
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        text.parse().map_err(|_| "the length of a date must be 'short', 'medium' or 'long'")
    }

    fn fields(self) -> YMD {
        match self {
            Self::Short => YMD::short(),
            Self::Medium => YMD::medium(),
            Self::Long => YMD::long(),
        }
    }
}

impl Format {
    /// Formats an amount with the currency's decimal digits and with the symbol and separators of the locale: `$39.20`,
    /// `39,20 €`.
    pub(super) fn money(&self, money: Money) -> String {
        let written = || {
            let currency = CurrencyType::try_from_str(money.currency.code()).ok()?;
            let formatter =
                CurrencyFormatter::try_new_symbol(self.locale.id().into(), currency, Default::default()).ok()?;
            Some(formatter.format_fixed_decimal(&money.decimal().parse().ok()?).to_string())
        };
        written().unwrap_or_else(|| money.to_string())
    }

    /// Formats a date in the time zone: `Dec 1, 2026`, `01.12.2026`.
    pub(super) fn date(&self, instant: DateTime<Utc>, length: Length) -> String {
        let written = || {
            let formatter =
                FixedCalendarDateTimeFormatter::<Gregorian, _>::try_new(self.locale.id().into(), length.fields());
            Some(formatter.ok()?.format(&self.local(instant)?.date).to_string())
        };
        written().unwrap_or_else(|| instant.to_rfc3339())
    }

    /// Formats a date and time in the time zone: `Dec 1, 2026, 3:04 PM`, `01.12.2026, 15:04`.
    pub(super) fn date_time(&self, instant: DateTime<Utc>, length: Length) -> String {
        let written = || {
            let fields = length.fields().with_time_hm();
            let formatter = FixedCalendarDateTimeFormatter::<Gregorian, _>::try_new(self.locale.id().into(), fields);
            Some(formatter.ok()?.format(&self.local(instant)?).to_string())
        };
        written().unwrap_or_else(|| instant.to_rfc3339())
    }

    /// Formats a time of day in the time zone: `3:04 PM`, `15:04`.
    pub(super) fn time(&self, instant: DateTime<Utc>) -> String {
        let written = || {
            let formatter = NoCalendarFormatter::try_new(self.locale.id().into(), T::hm());
            Some(formatter.ok()?.format(&self.local(instant)?.time).to_string())
        };
        written().unwrap_or_else(|| instant.to_rfc3339())
    }

    /// Converts an instant into a date and time in the time zone. `None` if the conversion fails.
    fn local(&self, instant: DateTime<Utc>) -> Option<LocalDateTime<Gregorian>> {
        let local = self.zone.local(instant)?;
        let number = |part: i8| part.unsigned_abs();
        let date = Date::try_new_gregorian(local.year().into(), number(local.month()), number(local.day())).ok()?;
        let time = Time::try_new(number(local.hour()), number(local.minute()), number(local.second()), 0).ok()?;
        Some(LocalDateTime { date, time })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::money::Currency;

    fn format(locale: &str, zone: &str) -> Format {
        Format { locale: Locale::parse(locale).unwrap(), zone: ZoneName::parse(zone).unwrap() }
    }

    /// Replaces the non-breaking spaces of some locales with plain spaces.
    fn plain(text: String) -> String {
        text.replace(['\u{a0}', '\u{202f}'], " ")
    }

    #[test]
    fn amount_is_written_by_the_rules_of_its_locale() {
        let money = |locale, amount, code| {
            let money = Money::new(amount, Currency::parse(code).unwrap());
            plain(format(locale, "UTC").money(money))
        };
        assert_eq!(money("en-US", 3920, "USD"), "$39.20");
        assert_eq!(money("de-DE", 3920, "EUR"), "39,20 €");
        assert_eq!(money("de-DE", -123_456_789, "USD"), "-1.234.567,89 $");
        assert_eq!(money("fr-FR", 123_456, "EUR"), "1 234,56 €");
        assert_eq!(money("ja-JP", 500, "JPY"), "￥500");
        assert_eq!(money("en-US", 1005, "KWD"), "KWD 1.005");
        assert_eq!(money("en-US", i64::MAX, "USD"), "$92,233,720,368,547,758.07");
    }

    #[test]
    fn instant_is_written_by_the_rules_of_its_locale_in_local_time() {
        let instant: DateTime<Utc> = "2026-11-30T23:30:59Z".parse().unwrap();
        let berlin = format("de-DE", "Europe/Berlin");
        assert_eq!(berlin.date(instant, Length::Medium), "01.12.2026");
        assert_eq!(berlin.date(instant, Length::Long), "1. Dezember 2026");
        assert_eq!(berlin.date_time(instant, Length::Long), "1. Dezember 2026 um 00:30");
        assert_eq!(berlin.time(instant), "00:30");
        let new_york = format("en-US", "America/New_York");
        assert_eq!(new_york.date(instant, Length::Medium), "Nov 30, 2026");
        assert_eq!(plain(new_york.date_time(instant, Length::Short)), "11/30/26, 6:30 PM");
        assert_eq!(format("ar-EG", "UTC").date(instant, Length::Long), "٣٠ نوفمبر ٢٠٢٦");
    }

    #[test]
    fn default_format_is_american_english_in_utc() {
        let instant: DateTime<Utc> = "2026-11-30T23:30:59Z".parse().unwrap();
        assert_eq!(plain(Format::default().date_time(instant, Length::Medium)), "Nov 30, 2026, 11:30 PM");
    }
}
