//! Whether a contact may be written to.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Statement;

/// What a contact said about being written to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConsentState {
    /// Nothing yet.
    #[default]
    Unknown,
    /// Yes.
    Granted,
    /// No more.
    Withdrawn,
}

impl ConsentState {
    /// The state with this name.
    ///
    /// # Errors
    /// Says which names there are.
    pub fn parse(name: &str) -> Result<Self, &'static str> {
        match name {
            "unknown" => Ok(Self::Unknown),
            "granted" => Ok(Self::Granted),
            "withdrawn" => Ok(Self::Withdrawn),
            _ => Err("must be unknown, granted or withdrawn"),
        }
    }
}

/// A contact's consent, with where it comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Consent {
    /// To e-mail.
    pub email: ConsentState,
    /// When that was said; null where nothing was.
    pub changed_at: Option<DateTime<Utc>>,
    /// How it was said, such as `newsletter form`.
    pub source: Option<String>,
}

impl Consent {
    /// Whether no more mail is wanted.
    pub fn is_withdrawn(&self) -> bool {
        self.email == ConsentState::Withdrawn
    }

    /// Withdrawn with the link of an e-mail.
    pub fn unsubscribed(now: DateTime<Utc>) -> Self {
        Self { email: ConsentState::Withdrawn, changed_at: Some(now), source: Some("unsubscribe".to_owned()) }
    }

    /// What a statement makes of it. One that says nothing new leaves the instant as it is.
    pub(super) fn stated(self, statement: Option<Statement>, now: DateTime<Utc>) -> Self {
        let Statement { email, source } = statement.unwrap_or_default();
        if (email, &source) == (self.email, &self.source) {
            return self;
        }
        Self { email, changed_at: Some(now), source }
    }
}
