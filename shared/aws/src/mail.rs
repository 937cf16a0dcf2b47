//! Sends e-mail through SES.

mod header;

use aws_config::SdkConfig;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_sdk_sesv2::error::BuildError;
use aws_sdk_sesv2::operation::send_email::builders::SendEmailFluentBuilder;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageHeader, MessageTag};
use couponflow_app::delivery::ports::Mail;
use couponflow_app::delivery::send_error::SendError;
use couponflow_domain::purchases::customer::Email;

use crate::clients::LazyClient;
use crate::undelivered::undelivered;

/// SES error codes of failures after which a later attempt may succeed: sending rate exceeded,
/// daily quota exceeded, or sending paused for the account.
const TRANSIENT_CODES: [&str; 3] = ["TooManyRequestsException", "LimitExceededException", "SendingPausedException"];

/// SES client. Sends from the sender of the e-mail, or from the default sender if the e-mail has none.
#[derive(Debug, Clone)]
pub struct Ses {
    client: LazyClient<Client>,
    sender: String,
    configuration_set: Option<String>,
}

impl Ses {
    /// Creates a client. `sender` is the default sender. `configuration_set` selects the SES configuration set, which
    /// publishes deliveries, bounces and complaints.
    ///
    /// SES has no idempotency token, so the client makes one attempt per call. The execution retries only if it is
    /// certain that nothing was sent.
    pub fn new(config: &SdkConfig, sender: String, configuration_set: Option<String>) -> Self {
        let one_attempt = |config: &SdkConfig| {
            let config = aws_sdk_sesv2::config::Builder::from(config).retry_config(RetryConfig::disabled());
            Client::from_conf(config.build())
        };
        Self { client: LazyClient::new(config, one_attempt), sender, configuration_set }
    }

    fn request(&self, mail: &Mail) -> Result<SendEmailFluentBuilder, BuildMailError> {
        let (from, reply_to) = match &mail.from {
            Some(sender) => (header::mailbox(sender), sender.reply_to.as_ref()),
            None => (self.sender.clone(), None),
        };
        let to = mail.to.iter().map(Email::deliverable).collect();
        let tags = mail.tags.iter().map(|(name, value)| MessageTag::builder().name(*name).value(value).build());
        Ok(self
            .client
            .send_email()
            .from_email_address(from)
            .set_reply_to_addresses(reply_to.map(|email| vec![email.deliverable()]))
            .destination(Destination::builder().set_to_addresses(Some(to)).build())
            .content(content(mail)?)
            .set_email_tags(Some(tags.collect::<Result<_, _>>()?))
            .set_configuration_set_name(self.configuration_set.clone()))
    }
}

/// Reason why a mail cannot be built.
#[derive(Debug, thiserror::Error)]
enum BuildMailError {
    #[error("{0} is not valid in an e-mail header")]
    Header(&'static str),
    #[error(transparent)]
    Incomplete(#[from] BuildError),
}

impl Ses {
    /// Sends an e-mail and returns the message id that SES assigned. Never repeats a call.
    ///
    /// # Errors
    /// Returns [`SendError`] if the e-mail was not sent, or if the outcome is unknown.
    pub async fn send(&self, mail: &Mail) -> Result<String, SendError> {
        let request = self.request(mail).map_err(|error| SendError::Permanent(error.into()))?;
        let sent = request.send().await.map_err(|error| undelivered("SES", &TRANSIENT_CODES, error))?;
        Ok(sent.message_id.unwrap_or_default())
    }
}

fn content(mail: &Mail) -> Result<EmailContent, BuildMailError> {
    let part = |text: &str| Content::builder().data(text).charset("UTF-8").build();
    let body = Body::builder()
        .set_html(mail.html.as_deref().map(part).transpose()?)
        .set_text(mail.text.as_deref().map(part).transpose()?)
        .build();
    let subject = header::line(&mail.subject).ok_or(BuildMailError::Header("the subject"))?;
    let unsubscribe = match &mail.unsubscribe_url {
        Some(url) => {
            let place = header::link(url).ok_or(BuildMailError::Header("the unsubscribe URL"))?;
            let header = |name, value| MessageHeader::builder().name(name).value(value).build();
            Some(vec![
                header("List-Unsubscribe", place.as_str())?,
                header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")?,
            ])
        }
        None => None,
    };
    let message = Message::builder().subject(part(subject)?).body(body).set_headers(unsubscribe).build();
    Ok(EmailContent::builder().simple(message).build())
}
