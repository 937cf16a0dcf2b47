//! Consent of a contact to receive e-mail.

use std::ops::RangeInclusive;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::kernel::input::{Errors, Field};

/// Permitted lengths of the source of a consent, in characters.
pub(super) const SOURCE_LENGTH: RangeInclusive<usize> = 1..=100;

/// State of a contact's consent.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
    strum::EnumString,
    strum::VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ConsentState {
    /// Consent was neither granted nor withdrawn.
    #[default]
    Unknown,
    /// The contact has consented.
    Granted,
    /// The contact has withdrawn consent.
    Withdrawn,
}

impl ConsentState {
    /// Parses the name of a state.
    ///
    /// # Errors
    /// Returns an error if the name is unknown. The error lists the permitted names.
    pub fn parse(name: &str) -> Result<Self, &'static str> {
        name.parse().map_err(|_| "must be unknown, granted or withdrawn")
    }
}

/// Consent of a contact, with its time and source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Consent {
    /// Consent to receive e-mail.
    pub email: ConsentState,
    /// Time of the last change of the consent. `null` if the consent never changed.
    pub changed_at: Option<DateTime<Utc>>,
    /// Source of the consent, such as `newsletter form`.
    pub source: Option<String>,
}

impl Consent {
    /// Whether consent is withdrawn.
    pub fn is_withdrawn(&self) -> bool {
        self.email == ConsentState::Withdrawn
    }

    /// Returns the consent after the contact unsubscribed through the link of an e-mail.
    pub fn unsubscribed(now: DateTime<Utc>) -> Self {
        Self { email: ConsentState::Withdrawn, changed_at: Some(now), source: Some("unsubscribe".to_owned()) }
    }

    /// Returns the consent after a statement. Without a statement, the consent becomes unknown. A
    /// statement that changes nothing keeps `changed_at`.
    pub(super) fn after_statement(self, statement: Option<ConsentStatement>, now: DateTime<Utc>) -> Self {
        let ConsentStatement { email, source } = statement.unwrap_or_default();
        if (email, &source) == (self.email, &self.source) {
            return self;
        }
        Self { email, changed_at: Some(now), source }
    }
}

/// Statement about the consent of a contact.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ConsentStatement {
    /// Consent to receive e-mail.
    pub email: ConsentState,
    /// Source of the consent, such as `newsletter form`.
    pub source: Option<String>,
}

impl ConsentStatement {
    /// Reads and validates a statement.
    pub(super) fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        field.object(&["email", "source"], errors)?;
        let email = field.get("email").parse(ConsentState::parse, errors);
        let source = field.get("source").optional(errors, |field, errors| field.text(SOURCE_LENGTH, errors));
        Some(Self { email: email?, source: source?.map(str::to_owned) })
    }
}
