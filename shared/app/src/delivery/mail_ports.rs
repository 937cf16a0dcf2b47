//! Ports for e-mail: sending, the rate limit, the suppression list and the sender setting.

use chrono::{DateTime, Utc};
use couponflow_domain::delivery::mail::{Sender, Suppression, SuppressionReason};
use couponflow_domain::purchases::customer::Email;

use crate::delivery::send_error::SendError;
use crate::kernel::error::StoreResult;

/// Rendered e-mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Sender. `None` selects the default sender of the stack.
    pub from: Option<Sender>,
    pub to: Vec<Email>,
    pub subject: String,
    pub html: Option<String>,
    pub text: Option<String>,
    /// URL for one-click unsubscribe by POST (RFC 8058).
    pub unsubscribe_url: Option<String>,
    /// Names and values of message tags. The delivery events of the e-mail contain these tags.
    pub tags: [(&'static str, String); 3],
}

/// Sends e-mail. Never repeats a call whose outcome is unknown.
pub trait Mailer {
    /// Sends an e-mail and returns the message id that the mail service assigned.
    ///
    /// # Errors
    /// Returns [`SendError`] if the e-mail was not sent, or if the outcome is unknown.
    async fn send(&self, mail: &Mail) -> Result<String, SendError>;
}

/// Rate limit for outgoing e-mail, shared by all tenants. A slot is a time at which one e-mail may
/// be sent to one recipient.
pub trait MailSlots {
    /// Reserves the next free slot and returns its time, which is `now` or later. Each slot is
    /// reserved at most once.
    async fn reserve(&self, now: DateTime<Utc>) -> StoreResult<DateTime<Utc>>;
}

/// Suppression list of a tenant: addresses of contacts that get no e-mail, because of a bounce or a
/// complaint. Stores digests of the addresses, never the addresses.
pub trait Suppressions {
    /// Returns the reason and time of the suppression of an address. `None` if the address is not suppressed.
    async fn suppression(&self, email: &Email) -> StoreResult<Option<Suppression>>;
    /// Adds an address to the suppression list. Calls that add or remove an address can be repeated
    /// and can come in any order. The call with the latest `at` determines the result.
    async fn suppress(&self, email: &Email, reason: SuppressionReason, at: DateTime<Utc>) -> StoreResult<()>;
    /// Removes an address from the suppression list. A bounce or complaint after `at` adds the
    /// address again. Returns false if the address was not suppressed at `at`.
    async fn lift(&self, email: &Email, at: DateTime<Utc>) -> StoreResult<bool>;
}

/// Reads the settings of a tenant.
pub trait Settings {
    /// Returns the sender of the tenant's e-mail, if one is set. A change takes effect within a minute.
    async fn sender(&self) -> StoreResult<Option<Sender>>;
}

/// Changes the settings of a tenant.
pub trait WriteSettings {
    /// Sets the sender of the tenant's e-mail. `None` restores the default sender of the stack.
    /// Returns false if the tenant does not exist.
    async fn set_sender(&self, sender: Option<&Sender>) -> StoreResult<bool>;
}
