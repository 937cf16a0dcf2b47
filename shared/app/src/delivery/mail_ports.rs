//! Ports for e-mail: sending, the rate limit, the suppression list and the sender setting.

use chrono::{DateTime, Utc};
use couponflow_domain::delivery::mail::{Sender, Suppression, SuppressionReason};
use couponflow_domain::purchases::customer::Email;

use crate::kernel::error::StoreResult;

/// Rendered e-mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Sender; `None` means the default sender of the stack.
    pub from: Option<Sender>,
    pub to: Vec<Email>,
    pub subject: String,
    pub html: Option<String>,
    pub text: Option<String>,
    /// URL for one-click unsubscribe by POST (RFC 8058).
    pub unsubscribe_url: Option<String>,
    /// Message tags, as names and values. Delivery events for the e-mail contain the tags.
    pub tags: [(&'static str, String); 3],
}

/// Why an e-mail was not sent, or may not have been sent.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The e-mail was not sent. A later attempt can succeed.
    #[error("not sent: {0}")]
    Retry(String),
    /// The e-mail was not sent. No later attempt can succeed.
    #[error("refused: {0}")]
    Refused(String),
    /// The request was sent, but no response arrived.
    #[error("unknown whether it was sent: {0}")]
    Unknown(String),
}

/// Sends e-mail. Never repeats a call whose outcome is unknown.
pub trait Mailer {
    /// Sends an e-mail and returns the message id that the mail service assigned.
    ///
    /// # Errors
    /// Fails if the e-mail was not sent or may not have been sent. The variant distinguishes these cases.
    async fn send(&self, mail: &Mail) -> Result<String, MailError>;
}

/// Rate limit for outgoing e-mail, shared by all tenants.
pub trait MailSlots {
    /// Reserves the next free slot for one e-mail to one recipient and returns its time: `now` or later. Each slot is
    /// reserved once.
    async fn reserve(&self, now: DateTime<Utc>) -> StoreResult<DateTime<Utc>>;
}

/// Suppression list of a tenant. Stores digests of addresses, never an address.
pub trait Suppressions {
    /// Returns the reason and time of the suppression of an address. `None` if the address is not suppressed.
    async fn suppression(&self, email: &Email) -> StoreResult<Option<Suppression>>;
    /// Adds an address to the suppression list. Suppressions and removals can be reported repeatedly and in any order;
    /// the one with the latest time of occurrence counts.
    async fn suppress(&self, email: &Email, reason: SuppressionReason, at: DateTime<Utc>) -> StoreResult<()>;
    /// Removes an address from the suppression list. A suppression that occurs later than `at` adds the address again.
    /// Returns false if the address was not suppressed at `at`.
    async fn lift(&self, email: &Email, at: DateTime<Utc>) -> StoreResult<bool>;
}

/// Reads the settings of a tenant.
pub trait Settings {
    /// Returns the sender of the tenant's e-mail, if one is set. A change takes effect within a minute.
    async fn sender(&self) -> StoreResult<Option<Sender>>;
}

/// Changes the settings of a tenant.
pub trait WriteSettings {
    /// Sets the sender of the tenant's e-mail; `None` restores the default sender of the stack. Returns false if the
    /// tenant does not exist.
    async fn set_sender(&self, sender: Option<&Sender>) -> StoreResult<bool>;
}
