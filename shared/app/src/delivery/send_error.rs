//! Error of e-mail, webhooks, Slack messages and SNS messages.

use std::error::Error as StdError;

use couponflow_domain::automation::execution::Outcome;
use couponflow_domain::delivery::webhook::RetryAfter;

/// Cause of a [`SendError`]: a [`ReportedCause`], or a description.
pub type Cause = Box<dyn StdError + Send + Sync>;

/// Cause with a code for the log. The text is for users, because it can quote a receiver.
#[derive(Debug, thiserror::Error)]
#[error("{report}")]
pub struct ReportedCause {
    /// What failed, such as `SES MessageRejected` or `HTTP 503`. Contains no text that a receiver wrote.
    pub code: String,
    /// What the service or the connection reported.
    pub report: String,
    #[source]
    pub source: Option<Cause>,
}

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
    /// reported. The log has only the code, because receivers can report personal data, such as an address.
    pub fn reason(&self) -> String {
        format!("{self}: {}", self.cause())
    }

    /// Returns the code of the failure for the log. Contains no personal data.
    pub fn code(&self) -> &str {
        self.cause().downcast_ref::<ReportedCause>().map_or("other", |cause| cause.code.as_str())
    }

    /// Logs the error, and returns the outcome of the step that sent the message. `channel` is the kind of the message.
    pub fn into_outcome(self, channel: &'static str) -> Outcome {
        tracing::warn!(channel, code = self.code(), result = %self, "Could not send a message");
        let reason = self.reason();
        match self {
            Self::Retry(_) => Outcome::Retry(reason),
            Self::RetryAfter(_, asked) => Outcome::RetryAfter(reason, asked),
            Self::Permanent(_) => Outcome::Failed(reason),
            Self::Unknown(_) => Outcome::Unknown(reason),
        }
    }

    fn cause(&self) -> &Cause {
        match self {
            Self::Retry(cause) | Self::RetryAfter(cause, _) | Self::Permanent(cause) | Self::Unknown(cause) => cause,
        }
    }
}
