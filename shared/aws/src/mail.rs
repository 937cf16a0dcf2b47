//! E-mail through SES.

use std::error::Error;

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_sdk_sesv2::error::{BuildError, ProvideErrorMetadata as _, SdkError};
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageTag};
use couponflow_app::error::chain;
use couponflow_app::ports::{Mail, MailError, Mailer};

/// Refusals that pass: too fast, over the day's quota, or sending is paused for the account.
const NOT_NOW: [&str; 3] = ["TooManyRequestsException", "LimitExceededException", "SendingPausedException"];

/// Sends from one address.
#[derive(Debug, Clone)]
pub struct Ses {
    client: Client,
    sender: String,
}

impl Ses {
    /// Sends as `sender`. SES has no idempotency token, so this client never repeats a call by itself: the execution
    /// tries again where it is certain that nothing was sent.
    pub fn new(config: &aws_config::SdkConfig, sender: String) -> Self {
        let config = aws_sdk_sesv2::config::Builder::from(config).retry_config(RetryConfig::disabled()).build();
        Self { client: Client::from_conf(config), sender }
    }
}

impl Mailer for Ses {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let content = content(mail).map_err(|error| MailError::Refused(error.to_string()))?;
        let to = mail.to.iter().map(|email| email.as_str().to_owned()).collect();
        let tag = MessageTag::builder().name("couponflow-step").value(&mail.tag).build();
        let sent = self
            .client
            .send_email()
            .from_email_address(&self.sender)
            .destination(Destination::builder().set_to_addresses(Some(to)).build())
            .content(content)
            .email_tags(tag.map_err(|error| MailError::Refused(error.to_string()))?)
            .send()
            .await;
        sent.map(|_| ()).map_err(|error| {
            let detail = chain(&error);
            match &error {
                SdkError::ConstructionFailure(_) => MailError::Refused(detail),
                SdkError::DispatchFailure(failure) if failure.is_user() || was_refused(&error) => {
                    MailError::Retry(detail)
                }
                SdkError::ServiceError(service) => {
                    let status = service.raw().status().as_u16();
                    let code = service.err().code().unwrap_or_default();
                    let retry = status == 429 || code.contains("Throttl") || NOT_NOW.contains(&code);
                    match status {
                        _ if retry => MailError::Retry(detail),
                        400..500 => MailError::Refused(detail),
                        _ => MailError::Unknown(detail),
                    }
                }
                _ => MailError::Unknown(detail),
            }
        })
    }
}

/// Whether the other side refused the connection, so that nothing can have been sent.
pub(crate) fn was_refused(error: &(dyn Error + 'static)) -> bool {
    std::iter::successors(Some(error), |cause: &&(dyn Error + 'static)| (*cause).source())
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|io| io.kind() == std::io::ErrorKind::ConnectionRefused)
}

fn content(mail: &Mail) -> Result<EmailContent, BuildError> {
    let part = |text: &str| Content::builder().data(text).charset("UTF-8").build();
    let body = Body::builder()
        .set_html(mail.html.as_deref().map(part).transpose()?)
        .set_text(mail.text.as_deref().map(part).transpose()?)
        .build();
    let message = Message::builder().subject(part(&mail.subject)?).body(body).build();
    Ok(EmailContent::builder().simple(message).build())
}
