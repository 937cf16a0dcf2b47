//! Ports for delivery: outgoing calls, and the signing secrets of a tenant.

use chrono::{DateTime, Utc};
use couponflow_domain::delivery::mail::Sender;
use couponflow_domain::delivery::topic::TopicArn;
use couponflow_domain::delivery::webhook::SigningSecret;
use couponflow_domain::kernel::personal::PersonalText;
use couponflow_domain::purchases::customer::Email;

use crate::delivery::send_error::SendError;
use crate::kernel::error::StoreResult;

/// HTTP POST request to another system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundRequest {
    pub url: String,
    /// Header names and values.
    pub headers: Vec<(String, String)>,
    /// Body in the format that the header `content-type` states.
    pub body: PersonalText,
}

/// Successful answer of another system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostResponse {
    /// HTTP status, 200 to 299.
    pub status: u16,
    /// First 500 characters of the body, with invalid UTF-8 replaced.
    pub body_start: PersonalText,
    /// Time from sending the request to reading the body.
    pub milliseconds: u64,
}

/// Rendered e-mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Sender. `None` selects the default sender of the stack.
    pub from: Option<Sender>,
    pub to: Vec<Email>,
    pub subject: PersonalText,
    pub html: Option<PersonalText>,
    pub text: Option<PersonalText>,
    /// URL for one-click unsubscribe by POST (RFC 8058).
    pub unsubscribe_url: Option<PersonalText>,
    /// Names and values of message tags. The delivery events of the e-mail contain these tags.
    pub tags: [(&'static str, String); 3],
}

/// Outgoing calls of workflow steps. No call whose outcome is unknown is repeated, except
/// [`Outbound::reserve_mail_slot`].
pub trait Outbound {
    // E-mail

    /// Sends an e-mail and returns the message id that the mail service assigned.
    ///
    /// # Errors
    /// Returns [`SendError`] if the e-mail was not sent, or if the outcome is unknown.
    async fn send_mail(&self, mail: &Mail) -> Result<String, SendError>;
    /// Reserves the next free slot of the e-mail rate limit, which all tenants share, and returns its time, which is
    /// `now` or later. A slot is a time at which one e-mail may be sent to one recipient. Each slot is reserved at most
    /// once.
    async fn reserve_mail_slot(&self, now: DateTime<Utc>) -> StoreResult<DateTime<Utc>>;

    // Webhooks and topics

    /// Posts a request to a public address of another system. Follows no redirects.
    ///
    /// # Errors
    /// Returns [`SendError`] if the request was not accepted, or if the outcome is unknown.
    async fn post(&self, request: &OutboundRequest) -> Result<PostResponse, SendError>;
    /// Publishes a text to an SNS topic, with a subject for e-mail subscribers.
    ///
    /// # Errors
    /// Returns [`SendError`] if the text was not published, or if the outcome is unknown.
    async fn publish_to_topic(&self, topic: &TopicArn, subject: Option<&str>, text: &str) -> Result<(), SendError>;

    // Links

    /// Returns the public base URL of the HTTP API, for links in messages.
    fn public_url(&self) -> &str;
}

/// Stores the secrets with which a tenant signs webhooks.
pub trait DeliveryStore {
    /// Returns the secrets that are valid at `now`, newest first. Empty if the tenant has created
    /// no secret. Two secrets are valid during the day after a rotation.
    async fn signing_secrets(&self, now: DateTime<Utc>) -> StoreResult<Vec<SigningSecret>>;
    /// Stores a new secret and returns it. The previous secret stays valid for one more day. If a secret with the same
    /// id exists, changes nothing and returns the existing secret.
    async fn rotate_signing_secret(&self, new: SigningSecret, now: DateTime<Utc>) -> StoreResult<SigningSecret>;
}
