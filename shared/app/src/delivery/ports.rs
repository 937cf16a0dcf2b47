//! Ports for webhooks, webhook signing secrets and SNS topics.

use chrono::{DateTime, Utc};
use couponflow_domain::delivery::topic::TopicArn;
use couponflow_domain::delivery::webhook::SigningSecret;

use crate::delivery::send_error::SendError;
use crate::kernel::error::StoreResult;

/// HTTP POST request to another system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundRequest {
    pub url: String,
    /// Header names and values.
    pub headers: Vec<(String, String)>,
    /// Body in the format that the header `content-type` states.
    pub body: String,
}

/// Successful answer of another system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostResponse {
    /// HTTP status, 200 to 299.
    pub status: u16,
    /// First 500 characters of the body, with invalid UTF-8 replaced.
    pub body_start: String,
    /// Time from sending the request to reading the body.
    pub milliseconds: u64,
}

/// Posts to public addresses of other systems. Follows no redirects and never repeats a request.
pub trait Webhooks {
    /// Posts a request.
    ///
    /// # Errors
    /// Returns [`SendError`] if the request was not accepted, or if the outcome is unknown.
    async fn post(&self, request: &OutboundRequest) -> Result<PostResponse, SendError>;
}

/// Publishes to SNS topics. Never repeats a call whose outcome is unknown.
pub trait Topics {
    /// Publishes a text, with a subject for e-mail subscribers.
    ///
    /// # Errors
    /// Returns [`SendError`] if the text was not published, or if the outcome is unknown.
    async fn publish(&self, topic: &TopicArn, subject: Option<&str>, text: &str) -> Result<(), SendError>;
}

/// Stores the secrets that sign a tenant's webhooks.
pub trait SigningSecrets {
    /// Returns the secrets that are valid at `now`, newest first. Empty if the tenant has created
    /// no secret. Two secrets are valid during the day after a rotation.
    async fn signing_secrets(&self, now: DateTime<Utc>) -> StoreResult<Vec<SigningSecret>>;
    /// Stores a new secret and returns it. The previous secret stays valid for one more day. If a secret with the same
    /// id exists, changes nothing and returns the existing secret.
    async fn rotate(&self, new: SigningSecret, now: DateTime<Utc>) -> StoreResult<SigningSecret>;
}
