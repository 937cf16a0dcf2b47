//! Thresholds of a limited coupon. When the number of redemptions reaches a threshold, an event
//! fires.

use std::fmt;
use std::ops::RangeInclusive;

use serde::Serialize;

use crate::kernel::input::{Errors, Field};

/// Permitted limits of a coupon.
pub(super) const LIMITS: RangeInclusive<i64> = 1..=1_000_000_000;

/// Permitted percentages of a threshold.
pub(super) const PERCENTS_USED: RangeInclusive<i64> = 1..=99;

/// Usage level of a limited coupon at which the event `CouponThresholdReached` fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Threshold {
    /// Percentage of the limit that is redeemed.
    #[schemars(title = "PercentUsedThreshold")]
    PercentUsed(i64),
    /// Number of redemptions left. Held redemptions count as left.
    #[schemars(title = "RemainingThreshold")]
    Remaining(i64),
}

impl Threshold {
    /// Whether `times_redeemed` of `limit` redemptions reach the threshold.
    pub fn is_reached(self, times_redeemed: i64, limit: i64) -> bool {
        match self {
            Self::PercentUsed(percent) => i128::from(times_redeemed) * 100 >= i128::from(percent) * i128::from(limit),
            Self::Remaining(left) => limit - times_redeemed <= left,
        }
    }

    /// Parses the output of [`Display`](fmt::Display): `80%` or `10 left`.
    pub fn parse(text: &str) -> Option<Self> {
        match (text.strip_suffix('%'), text.strip_suffix(" left")) {
            (Some(percent), _) => percent.parse().ok().map(Self::PercentUsed),
            (None, Some(left)) => left.parse().ok().map(Self::Remaining),
            (None, None) => None,
        }
    }

    /// Reads `{"percent_used": 80}` or `{"remaining": 10}`. `limit` is the redemption limit of the
    /// coupon. `None` if the coupon has no valid limit.
    pub(super) fn read(field: &Field<'_>, limit: Option<i64>, errors: &mut Errors) -> Option<Self> {
        field.object(&["percent_used", "remaining"], errors)?;
        let (percent, left) = (field.get("percent_used"), field.get("remaining"));
        match (percent.is_absent(), left.is_absent()) {
            (false, true) => percent.integer(PERCENTS_USED, errors).map(Self::PercentUsed),
            (true, false) => {
                let most = limit.map_or(i64::MAX, |limit| limit - 1);
                match left.integer(LIMITS, errors)? {
                    number if number > most => {
                        left.reject(format_args!("must be less than max_redemptions ({})", most + 1), errors)
                    }
                    number => Some(Self::Remaining(number)),
                }
            }
            _ => field.reject("must have exactly one of percent_used and remaining", errors),
        }
    }
}

/// Formats the threshold as `80%` or `10 left`.
impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PercentUsed(percent) => write!(f, "{percent}%"),
            Self::Remaining(left) => write!(f, "{left} left"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_threshold_is_reached_at_that_percentage_of_the_limit() {
        let eighty = Threshold::PercentUsed(80);
        assert!(!eighty.is_reached(79, 100));
        assert!(eighty.is_reached(80, 100));
        assert!(!eighty.is_reached(2, 3), "two of three are only 66 %");
        assert!(eighty.is_reached(3, 3));
    }

    #[test]
    fn threshold_parses_back_from_its_text() {
        for threshold in [Threshold::PercentUsed(80), Threshold::Remaining(10)] {
            assert_eq!(Threshold::parse(&threshold.to_string()), Some(threshold));
        }
        assert_eq!(Threshold::parse("80 % used"), None);
    }

    #[test]
    fn remaining_threshold_is_reached_when_that_many_are_left() {
        assert!(!Threshold::Remaining(10).is_reached(89, 100));
        assert!(Threshold::Remaining(10).is_reached(90, 100));
    }
}
