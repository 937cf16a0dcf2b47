//! What is posted to other systems, and the secrets that it is signed with.

use chrono::{DateTime, Utc};
use couponflow_domain::topic::TopicArn;
use couponflow_domain::webhook::{RetryAfter, SigningSecret};

use super::Stored;

/// A request to another system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundRequest {
    /// Where to.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// As it goes out; the header `content-type` says what it is.
    pub body: String,
}

/// What a system answered that took the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The HTTP status, 200 to 299.
    pub status: u16,
    /// How its body begins: at most 500 characters, those that are not UTF-8 replaced.
    pub body_start: String,
    /// How long it took.
    pub milliseconds: u64,
}

/// Why a request was not taken, or may not have been.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// Not taken; a later attempt may succeed.
    #[error("not taken: {0}")]
    Retry(String),
    /// Not taken; a later attempt may succeed, and the receiver says from when on.
    #[error("not taken: {0}")]
    RetryAfter(String, RetryAfter),
    /// Not taken, and never will be.
    #[error("refused: {0}")]
    Refused(String),
    /// The request went out and no answer came back.
    #[error("unknown whether it was taken: {0}")]
    Unknown(String),
}

/// Posts to other systems: to public addresses only, without following where they point to, and without repeating a request.
pub trait Webhooks {
    /// # Errors
    /// Says whether it was not taken or may have been.
    async fn post(&self, request: &OutboundRequest) -> Result<Answered, PostError>;
}

/// Publishes to topics, without repeating a call whose outcome is not known.
pub trait Topics {
    /// Publishes a text, with a subject for subscribers by e-mail.
    ///
    /// # Errors
    /// Says whether it was not published or may have been.
    async fn publish(&self, topic: &TopicArn, subject: Option<&str>, text: &str) -> Result<(), PostError>;
}

/// Keeps the secrets that a tenant's webhooks are signed with.
pub trait SigningSecrets {
    /// Those that sign at `now`, newest first: none, one, or while a former one goes out of use two.
    async fn signing_secrets(&self, now: DateTime<Utc>) -> Stored<Vec<SigningSecret>>;
    /// Puts a secret in the place of the one before, which signs for a day more, and answers with it. Where one with its
    /// id is there already, that one stays and is answered.
    async fn rotate(&self, new: SigningSecret, now: DateTime<Utc>) -> Stored<SigningSecret>;
}
