//! Settings of a workflow: everything except its name, trigger and steps.

use std::ops::RangeInclusive;

use super::window::Window;
use crate::automation::actions::MAX_RECIPIENTS;
use crate::kernel::input::{Errors, Field};
use crate::kernel::instants::ZoneName;
use crate::kernel::locale::Locale;
use crate::purchases::customer::Email;

/// Permitted values of `max_executions_per_contact_and_hour`.
pub(super) const EXECUTIONS_PER_HOUR: RangeInclusive<i64> = 1..=1_000;

/// Permitted numbers of recipients of an alert.
pub(super) const RECIPIENTS: RangeInclusive<usize> = 1..=MAX_RECIPIENTS;

/// Settings of a workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Whether a contact may enter the workflow again after its earlier execution has ended.
    pub re_entry: bool,
    /// Times at which e-mails to the contact may be sent. At other times, an e-mail waits until the
    /// window opens.
    pub message_window: Option<Window>,
    /// Whether `send_email` skips contacts whose consent is not `granted`.
    pub opt_in_required: bool,
    /// Whether an execution is cancelled when its contact redeems the coupon of the event, or a
    /// coupon that the execution generated.
    pub stop_on_redemption: bool,
    /// Maximum number of executions that one contact may enter in a clock hour.
    pub max_executions_per_contact_and_hour: Option<i64>,
    pub on_failure: OnFailure,
    pub on_unknown: OnUnknown,
    /// Locale for dates and amounts if the contact has none.
    pub locale: Option<Locale>,
    /// Time zone for dates if the contact's time zone is unknown.
    pub time_zone: Option<ZoneName>,
}

/// What happens to an execution when a step has failed permanently, after its last attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnFailure {
    /// The execution fails at the step. An operator can retry it.
    Stop,
    /// The execution continues with the next step. After a failed wait, the execution fails as with
    /// [`OnFailure::Stop`].
    Continue,
    /// The execution fails at the step, after an e-mail to these addresses.
    Alert(Vec<Email>),
}

/// What happens when it is unknown whether a message was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString)]
#[strum(serialize_all = "snake_case")]
pub enum OnUnknown {
    /// The step stays `unknown`, and the execution continues.
    Continue,
    /// The execution fails at the step.
    Stop,
    /// The message is sent again if no delivery is reported for a while. Some recipients may get it twice.
    Retry,
}

impl Settings {
    pub(super) const MEMBERS: &'static [&'static str] = &[
        "re_entry",
        "message_window",
        "opt_in_required",
        "stop_on_redemption",
        "max_executions_per_contact_and_hour",
        "on_failure",
        "on_unknown",
        "locale",
        "time_zone",
    ];

    pub(super) fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        let re_entry = field.get("re_entry").optional(errors, Field::boolean);
        let message_window = field.get("message_window").optional(errors, Window::read);
        let opt_in_required = field.get("opt_in_required").optional(errors, Field::boolean);
        let stop_on_redemption = field.get("stop_on_redemption").optional(errors, Field::boolean);
        let most = field
            .get("max_executions_per_contact_and_hour")
            .optional(errors, |field, errors| field.integer(EXECUTIONS_PER_HOUR, errors));
        let on_failure = field.get("on_failure").optional(errors, OnFailure::read);
        let on_unknown =
            field.get("on_unknown").optional(errors, |field, errors| field.parse(OnUnknown::parse, errors));
        let locale = field.get("locale").optional(errors, |field, errors| field.parse(Locale::parse, errors));
        let time_zone = field.get("time_zone").optional(errors, |field, errors| field.parse(ZoneName::parse, errors));
        Some(Self {
            re_entry: re_entry?.unwrap_or(false),
            message_window: message_window?,
            opt_in_required: opt_in_required?.unwrap_or(false),
            stop_on_redemption: stop_on_redemption?.unwrap_or(false),
            max_executions_per_contact_and_hour: most?,
            on_failure: on_failure?.unwrap_or(OnFailure::Stop),
            on_unknown: on_unknown?.unwrap_or(OnUnknown::Continue),
            locale: locale?,
            time_zone: time_zone?,
        })
    }
}

impl OnFailure {
    fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        if field.value().is_some_and(serde_json::Value::is_object) {
            field.object(&["alert"], errors)?;
            let each = |field: &Field<'_>, errors: &mut Errors| field.parse(Email::parse, errors);
            return field.get("alert").list(RECIPIENTS, errors, each).map(Self::Alert);
        }
        let policy = |text: &str| match text {
            "stop" => Ok(Self::Stop),
            "continue" => Ok(Self::Continue),
            _ => Err("must be \"stop\", \"continue\" or {\"alert\": [\"team@example.com\"]}"),
        };
        field.parse(policy, errors)
    }
}

impl OnUnknown {
    fn parse(text: &str) -> Result<Self, &'static str> {
        text.parse().map_err(|_| "must be \"continue\", \"stop\" or \"retry\"")
    }
}
