//! What a workflow says beside its trigger and steps.

use super::window::Window;
use crate::coupon::ZoneName;
use crate::customer::Email;
use crate::input::{Errors, Field};
use crate::locale::Locale;

/// Most executions per contact and hour that a workflow can permit.
const MOST_AN_HOUR: i64 = 1_000;

/// What a workflow says beside its trigger and steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Whether a contact may enter it more than once; again, but not while an execution of theirs is under way.
    pub re_entry: bool,
    /// When e-mails to the contact may go out; others wait for it to open.
    pub message_window: Option<Window>,
    /// Whether an execution is cancelled when its contact redeems its coupon, or one that it has generated.
    pub stop_on_redemption: bool,
    /// How many executions one contact may enter in an hour of the clock.
    pub max_executions_per_contact_and_hour: Option<i64>,
    /// What becomes of an execution of which a step has failed for good.
    pub on_failure: OnFailure,
    /// What becomes of a message of which it is not known whether it was sent.
    pub on_unknown: OnUnknown,
    /// How dates and amounts are written where the contact has no preference.
    pub locale: Option<Locale>,
    /// In which zone dates are written where the contact's is not known.
    pub time_zone: Option<ZoneName>,
}

/// What becomes of an execution of which a step has failed for good, after its attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnFailure {
    /// It fails there, and can be tried again.
    Stop,
    /// It goes on with the next step. After a wait that can't be kept it fails as with [`OnFailure::Stop`].
    Continue,
    /// It fails there, and these are told.
    Alert(Vec<Email>),
}

/// What becomes of a message of which it is not known whether it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUnknown {
    /// It is left so, and the execution goes on.
    Continue,
    /// The execution fails there.
    Stop,
    /// It is sent again after a while in which no delivery was reported; some may get it twice.
    Retry,
}

impl Settings {
    pub(super) const MEMBERS: &'static [&'static str] = &[
        "re_entry",
        "message_window",
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
        let stop_on_redemption = field.get("stop_on_redemption").optional(errors, Field::boolean);
        let most = field
            .get("max_executions_per_contact_and_hour")
            .optional(errors, |field, errors| field.integer(1..=MOST_AN_HOUR, errors));
        let on_failure = field.get("on_failure").optional(errors, OnFailure::read);
        let on_unknown =
            field.get("on_unknown").optional(errors, |field, errors| field.parse(OnUnknown::parse, errors));
        let locale = field.get("locale").optional(errors, |field, errors| field.parse(Locale::parse, errors));
        let time_zone = field.get("time_zone").optional(errors, |field, errors| field.parse(ZoneName::parse, errors));
        Some(Self {
            re_entry: re_entry?.unwrap_or(false),
            message_window: message_window?,
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
            return field.get("alert").list(1..=super::MAX_RECIPIENTS, errors, each).map(Self::Alert);
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
        match text {
            "continue" => Ok(Self::Continue),
            "stop" => Ok(Self::Stop),
            "retry" => Ok(Self::Retry),
            _ => Err("must be \"continue\", \"stop\" or \"retry\""),
        }
    }
}
