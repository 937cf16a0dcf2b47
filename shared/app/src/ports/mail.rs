//! E-mail: sending it, and what is known of tenants and addresses beforehand.

use chrono::{DateTime, Utc};
use couponflow_domain::customer::Email;
use couponflow_domain::mail::{Sender, Suppression, SuppressionReason};

use super::Stored;

/// An e-mail, rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Whom it is from; the stack's own sender where there is none.
    pub from: Option<Sender>,
    /// Recipients.
    pub to: Vec<Email>,
    /// One line.
    pub subject: String,
    /// HTML body.
    pub html: Option<String>,
    /// Plain-text body.
    pub text: Option<String>,
    /// Where a POST without further ado ends the mails to this recipient (RFC 8058).
    pub unsubscribe_url: Option<String>,
    /// Whose mail it is, for delivery events.
    pub tags: [(&'static str, String); 3],
}

/// Why an e-mail was not sent, or may not have been.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// Not sent; a later attempt may succeed.
    #[error("not sent: {0}")]
    Retry(String),
    /// Not sent, and never will be.
    #[error("refused: {0}")]
    Refused(String),
    /// The request went out and no answer came back.
    #[error("unknown whether it was sent: {0}")]
    Unknown(String),
}

/// Sends e-mail, without repeating a call whose outcome is not known.
pub trait Mailer {
    /// Answers with the id that the mail service gave it.
    ///
    /// # Errors
    /// Says whether it was not sent or may have been.
    async fn send(&self, mail: &Mail) -> Result<String, MailError>;
}

/// Spreads mails over time, all of them together, so that none is refused for being too many at once.
pub trait MailSlots {
    /// Takes the next slot, for one mail to one recipient, and answers when it is: `now`, or later. Every slot is
    /// somebody's alone.
    async fn reserve(&self, now: DateTime<Utc>) -> Stored<DateTime<Utc>>;
}

/// Keeps which addresses get no more mail from the tenant, and no address itself.
pub trait Suppressions {
    /// Why the address gets none; none where it does.
    async fn suppression(&self, email: &Email) -> Stored<Option<Suppression>>;
    /// Ends mail to an address. Of several reasons, and of being lifted, what happened last counts, in whatever order
    /// and however often it is told.
    async fn suppress(&self, email: &Email, reason: SuppressionReason, at: DateTime<Utc>) -> Stored<()>;
    /// Lets mail through again, until something happens after `at`; false where nothing from before stood against it.
    async fn lift(&self, email: &Email, at: DateTime<Utc>) -> Stored<bool>;
}

/// What was set up for the tenant.
pub trait Settings {
    /// Whom its mail is from, where that was set; a change shows within a minute.
    async fn sender(&self) -> Stored<Option<Sender>>;
}

/// Sets a tenant up.
pub trait WriteSettings {
    /// From now on its mail is from this sender, or with none from the stack's own; false where there is no such tenant.
    async fn set_sender(&self, sender: Option<&Sender>) -> Stored<bool>;
}
