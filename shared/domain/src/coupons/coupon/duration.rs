//! Duration of a discount on a subscription: the first payment, a number of calendar months, or all
//! payments. The months count from the start of the subscription. The billing interval does not
//! matter.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use chrono::{Months, NaiveDate};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use crate::kernel::input::{Errors, Field};

/// Permitted durations of a repeating discount in months. The longest is ten years.
pub(super) const MONTHS: RangeInclusive<i64> = 1..=120;

/// How long a discount applies to the payments of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(tag = "duration", rename_all = "snake_case")]
pub enum Duration {
    /// Discounts the first payment only.
    #[default]
    Once,
    /// Discounts every payment within this number of calendar months.
    Repeating {
        /// Calendar months from the start of the subscription.
        duration_in_months: u32,
    },
    /// Discounts every payment.
    Forever,
}

impl JsonSchema for Duration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    // Describes all durations by one object, so that a schema that includes these members is also a
    // plain object.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "properties": {
                "duration": {
                    "type": "string",
                    "title": "DiscountDuration",
                    "enum": ["once", "repeating", "forever"],
                    "description": "Payments of a subscription that are discounted: the first payment, every payment \
                                    within `duration_in_months`, or every payment.",
                },
                "duration_in_months": {
                    "type": "integer",
                    "minimum": MONTHS.start(),
                    "maximum": MONTHS.end(),
                    "description": "Calendar months from the start of the subscription. Present if `duration` is \
                                    `repeating`.",
                },
            },
            "required": ["duration"],
        })
    }
}

impl Duration {
    /// Whether a payment due on `billing_date` is discounted for a subscription that started on
    /// `started_on`.
    pub fn covers(self, started_on: NaiveDate, billing_date: NaiveDate) -> bool {
        billing_date == started_on
            || match self {
                Self::Once => false,
                Self::Repeating { .. } => self.ends_on(started_on).is_none_or(|end| billing_date < end),
                Self::Forever => true,
            }
    }

    /// Returns the first day that is no longer discounted, or `None` if the discount never ends. If
    /// the end month is too short for the start day, returns the last day of the end month. For
    /// example, one month from 31 January 2026 ends on 28 February 2026.
    pub fn ends_on(self, started_on: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Once => started_on.succ_opt(),
            Self::Repeating { duration_in_months } => started_on.checked_add_months(Months::new(duration_in_months)),
            Self::Forever => None,
        }
    }

    /// Reads `duration` and `duration_in_months` from the terms. The default is `once`.
    pub(super) fn read(terms: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        let known = |name: &str| match name {
            "once" => Ok(Self::Once),
            "repeating" => Ok(Self::Repeating { duration_in_months: 0 }),
            "forever" => Ok(Self::Forever),
            _ => Err("must be \"once\", \"repeating\" or \"forever\""),
        };
        let duration = terms.get("duration").optional(errors, |field, errors| field.parse(known, errors))?;
        let months = terms.get("duration_in_months");
        match duration.unwrap_or_default() {
            Self::Repeating { .. } => {
                let duration_in_months = u32::try_from(months.integer(MONTHS, errors)?).ok()?;
                Some(Self::Repeating { duration_in_months })
            }
            _ if !months.is_absent() => months.reject("is only allowed with duration \"repeating\"", errors),
            other => Some(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn discounted(duration: Duration, start: &str, months_between: u32, payments: u32) -> usize {
        let start = day(start);
        let dates = (0..payments).map(|i| start + Months::new(i * months_between));
        dates.filter(|date| duration.covers(start, *date)).count()
    }

    #[test]
    fn four_months_cover_four_monthly_payments_or_one_yearly_payment() {
        let four = Duration::Repeating { duration_in_months: 4 };
        for start in ["2026-01-31", "2026-11-15", "2024-02-29", "2026-10-31"] {
            assert_eq!(discounted(four, start, 1, 12), 4, "{start}");
            assert_eq!(discounted(four, start, 12, 3), 1, "{start}");
        }
    }

    #[test]
    fn once_covers_first_payment_and_forever_covers_all() {
        assert_eq!(discounted(Duration::Once, "2026-01-31", 1, 12), 1);
        assert_eq!(discounted(Duration::Forever, "2026-01-31", 1, 12), 12);
    }

    #[test]
    fn duration_counts_calendar_months_instead_of_payments() {
        let one = Duration::Repeating { duration_in_months: 1 };
        let start = day("2026-01-31");
        assert!(one.covers(start, day("2026-02-27")));
        assert!(!one.covers(start, day("2026-02-28")));
    }
}
