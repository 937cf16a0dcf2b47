//! Error of e-mail, webhooks, Slack messages and SNS messages.

use std::error::Error as StdError;

use couponflow_domain::delivery::webhook::RetryAfter;

/// Cause of a [`SendError`]: the error of the service, or a description.
pub type Cause = Box<dyn StdError + Send + Sync>;

/// Error of a message that was not accepted, or whose outcome is unknown. The kind decides whether a step retries.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The message was not accepted. A later attempt can succeed.
    #[error("not accepted")]
    Retry(#[source] Cause),
    /// The message was not accepted. A later attempt can succeed, but not before the receiver's `Retry-After`.
    #[error("not accepted")]
    RetryAfter(#[source] Cause, RetryAfter),
    /// The message was not accepted. No later attempt can succeed.
    #[error("rejected")]
    Permanent(#[source] Cause),
    /// The message was sent, but no response arrived, so the outcome is unknown.
    #[error("unknown whether it was accepted")]
    Unknown(#[source] Cause),
}

impl SendError {
    /// Returns the reason for users, who see it in the history of an execution: what the receiver or the connection
    /// reported. The log has no such reason, because receivers can report personal data, such as an address.
    pub fn reason(&self) -> String {
        match self {
            Self::Retry(cause) | Self::RetryAfter(cause, _) | Self::Permanent(cause) | Self::Unknown(cause) => {
                format!("{self}: {cause}")
            }
        }
    }
}
