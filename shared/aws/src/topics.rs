//! Publishes to SNS topics.

use aws_config::SdkConfig;
use aws_sdk_sns::Client;
use aws_sdk_sns::config::retry::RetryConfig;
use aws_sdk_sns::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_sns::operation::publish::PublishError;
use couponflow_app::delivery::send_error::{Cause, SendError};
use couponflow_domain::delivery::topic::TopicArn;

use crate::clients::LazyClient;
use crate::mail::is_connection_refused;

/// Maximum length of a subject in SNS, in characters. Longer subjects are truncated.
const MAX_SUBJECT_CHARS: usize = 99;

/// SNS client.
#[derive(Debug, Clone)]
pub struct Sns {
    client: LazyClient<Client>,
}

impl Sns {
    /// Creates a client that makes one attempt per call. SNS deduplicates on FIFO topics only, so a retry could publish
    /// a message twice.
    pub fn new(config: &SdkConfig) -> Self {
        let one_attempt = |config: &SdkConfig| {
            let config = aws_sdk_sns::config::Builder::from(config).retry_config(RetryConfig::disabled());
            Client::from_conf(config.build())
        };
        Self { client: LazyClient::new(config, one_attempt) }
    }

    /// Publishes a text to a topic, with a subject for e-mail subscribers. Never repeats a call.
    ///
    /// # Errors
    /// Returns [`SendError`] if the text was not published, or if the outcome is unknown.
    pub async fn publish(&self, topic: &TopicArn, subject: Option<&str>, text: &str) -> Result<(), SendError> {
        let subject = subject.map(|subject| subject.chars().take(MAX_SUBJECT_CHARS).collect());
        let call = self.client.publish().topic_arn(topic.as_str()).set_subject(subject).message(text);
        call.send().await.map(|_| ()).map_err(classify)
    }
}

/// Classifies a failed call by whether the message may have been published.
fn classify(error: SdkError<PublishError>) -> SendError {
    let kind: fn(Cause) -> SendError = match &error {
        SdkError::ConstructionFailure(_) => SendError::Permanent,
        SdkError::DispatchFailure(failure) if failure.is_user() || is_connection_refused(&error) => SendError::Retry,
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or_default();
            match service.raw().status().as_u16() {
                429 => SendError::Retry,
                _ if code.contains("Throttl") => SendError::Retry,
                400..500 => SendError::Permanent,
                _ => SendError::Unknown,
            }
        }
        _ => SendError::Unknown,
    };
    kind(error.into())
}
