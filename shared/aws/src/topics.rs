//! Publishes to SNS topics.

use aws_config::SdkConfig;
use aws_sdk_sns::Client;
use aws_sdk_sns::config::retry::RetryConfig;
use couponflow_app::delivery::send_error::SendError;
use couponflow_domain::delivery::topic::TopicArn;

use crate::clients::LazyClient;
use crate::undelivered::undelivered;

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
        call.send().await.map(|_| ()).map_err(|error| undelivered("SNS", &[], error))
    }
}
