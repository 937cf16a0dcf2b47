//! How long the records of a tenant are kept.

use std::ops::RangeInclusive;

use chrono::{DateTime, Days, Utc};
use serde::Serialize;

use crate::kernel::input::{Errors, Field};

/// Retention of executions that have no other setting, in days. As long as applications are kept.
const DEFAULT_EXECUTIONS_DAYS: u32 = 400;

/// Permitted retention of executions, in days. Longer than the event log keeps an event: an event that is replayed after
/// its execution was deleted would start the workflow again.
const EXECUTIONS_DAYS: RangeInclusive<i64> = 91..=3650;

/// Permitted retention of redemptions, in days. Not shorter than applications are kept, because a late return of goods
/// still needs the redemption.
const REDEMPTIONS_DAYS: RangeInclusive<i64> = 400..=3650;

/// How long records with data of customers are kept, in days. A missing member has its default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Retention {
    /// Days after the end of an execution. By default, 400.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executions_days: Option<u32>,
    /// Days after a redemption was committed. By default, redemptions are kept without an end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redemptions_days: Option<u32>,
}

impl Retention {
    /// Reads the setting `retention`. A missing member has its default.
    pub fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        field.object(&["executions_days", "redemptions_days"], errors)?;
        let mut days = |name, range: RangeInclusive<i64>| {
            let read = field.get(name).optional(errors, |field, errors| field.integer(range, errors));
            read.map(|days| days.and_then(|days| u32::try_from(days).ok()))
        };
        let executions_days = days("executions_days", EXECUTIONS_DAYS);
        let redemptions_days = days("redemptions_days", REDEMPTIONS_DAYS);
        Some(Self { executions_days: executions_days?, redemptions_days: redemptions_days? })
    }

    /// Instant after which the store may delete an execution that ended at `ended_at`.
    pub fn execution_kept_until(&self, ended_at: DateTime<Utc>) -> DateTime<Utc> {
        ended_at + Days::new(self.executions_days.unwrap_or(DEFAULT_EXECUTIONS_DAYS).into())
    }

    /// Instant after which the store may delete a redemption that was committed at `created_at`. `None` if redemptions
    /// are kept without an end.
    pub fn redemption_kept_until(&self, created_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.redemptions_days.map(|days| created_at + Days::new(days.into()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kernel::input;

    #[test]
    fn setting_is_read_and_its_days_are_added() {
        let setting = json!({"executions_days": 91, "redemptions_days": 400});
        let retention = input::read(&setting, Retention::read).unwrap();
        assert_eq!(json!(retention), setting);
        let day = |days: u64| DateTime::UNIX_EPOCH + Days::new(days);
        assert_eq!(retention.execution_kept_until(day(1)), day(92));
        assert_eq!(retention.redemption_kept_until(day(1)), Some(day(401)));
    }

    #[test]
    fn executions_are_kept_400_days_and_redemptions_without_an_end_by_default() {
        let retention = input::read(&json!({}), Retention::read).unwrap();
        let epoch = DateTime::UNIX_EPOCH;
        assert_eq!(retention.execution_kept_until(epoch), epoch + Days::new(400));
        assert_eq!(retention.redemption_kept_until(epoch), None);
    }

    #[test]
    fn days_outside_the_permitted_range_are_rejected() {
        for (executions, redemptions) in [(90, 399), (3651, 3651)] {
            let setting = json!({"executions_days": executions, "redemptions_days": redemptions});
            let faults = input::read(&setting, Retention::read).unwrap_err();
            let pointers: Vec<_> = faults.into_iter().map(|fault| fault.pointer).collect();
            assert_eq!(pointers, ["/executions_days", "/redemptions_days"]);
        }
    }
}
