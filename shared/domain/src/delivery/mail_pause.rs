//! Pause of a tenant's e-mail: by an operator, or by the circuit breaker when too many e-mails bounce or are reported as
//! spam. SES reviews the whole account at 5 % bounces or 0.1 % complaints, and may pause its sending at 10 % or 0.5 %
//! (<https://docs.aws.amazon.com/ses/latest/dg/reputationdashboardmessages.html>).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::delivery::mail_event::MailEventKind;

/// Number of e-mails after which a block of counts is complete. The breaker looks at the current and the previous block.
pub const BLOCK: i64 = 500;

/// The breaker opens above this number of bounces per 100 e-mails.
const MAX_BOUNCES_PER_100: i64 = 5;

/// The breaker opens above this number of complaints per 1,000 e-mails.
const MAX_COMPLAINTS_PER_1000: i64 = 1;

/// Minimum divisor of the bounce rate. If the tenant has fewer e-mails, the number of bounces is divided by this
/// number, so that one bounce of a new tenant does not open the breaker.
const MIN_MAILS: i64 = 200;

/// Minimum divisor of the complaint rate, so that one complaint does not open the breaker.
const MIN_MAILS_FOR_COMPLAINTS: i64 = 1_000;

/// Delivery report that the breaker counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum CountedReport {
    Delivered,
    Bounced,
    Complained,
}

impl CountedReport {
    /// Returns what the breaker counts for a report. `None` for other kinds of reports.
    pub fn of(kind: MailEventKind) -> Option<Self> {
        match kind {
            MailEventKind::Delivered => Some(Self::Delivered),
            MailEventKind::Bounced => Some(Self::Bounced),
            MailEventKind::Complained => Some(Self::Complained),
            MailEventKind::Delayed
            | MailEventKind::BouncedTemporarily
            | MailEventKind::Rejected
            | MailEventKind::RenderingFailed => None,
        }
    }
}

/// Counts of the tenant's last 500 to 1,000 e-mails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MailCounts {
    pub delivered: i64,
    pub bounced: i64,
    pub complained: i64,
}

/// Why a tenant's e-mail is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum PauseReason {
    /// More than 5 % of the last e-mails bounced permanently.
    Bounces,
    /// More than 0.1 % of the last e-mails were reported as spam.
    Complaints,
    /// An operator paused the e-mail.
    Operator,
}

/// Pause of a tenant's e-mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailPause {
    pub reason: PauseReason,
    pub since: DateTime<Utc>,
}

impl MailCounts {
    /// Number of e-mails that were delivered or bounced permanently.
    pub fn mails(&self) -> i64 {
        self.delivered + self.bounced
    }

    /// Decides whether the breaker opens.
    pub fn pauses(&self) -> Option<PauseReason> {
        let is_above = |count: i64, per: i64, most: i64, least: i64| count * per > most * self.mails().max(least);
        if is_above(self.complained, 1_000, MAX_COMPLAINTS_PER_1000, MIN_MAILS_FOR_COMPLAINTS) {
            return Some(PauseReason::Complaints);
        }
        is_above(self.bounced, 100, MAX_BOUNCES_PER_100, MIN_MAILS).then_some(PauseReason::Bounces)
    }
}

impl PauseReason {
    /// Returns the reason as part of a sentence, for the timeline of an execution.
    pub fn explain(self) -> &'static str {
        match self {
            Self::Bounces => "more than 5 % of its last e-mails bounced",
            Self::Complaints => "more than 0.1 % of its last e-mails were reported as spam",
            Self::Operator => "an operator paused it",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaker_opens_above_five_percent_bounces_or_one_complaint_in_a_thousand() {
        let pauses = |delivered, bounced, complained| MailCounts { delivered, bounced, complained }.pauses();
        assert_eq!(pauses(950, 50, 1), None);
        assert_eq!(pauses(949, 51, 1), Some(PauseReason::Bounces));
        assert_eq!(pauses(1_000, 0, 2), Some(PauseReason::Complaints));
        assert_eq!(pauses(0, 10, 1), None, "a new tenant may have a few bounces");
        assert_eq!(pauses(0, 11, 0), Some(PauseReason::Bounces));
    }
}
