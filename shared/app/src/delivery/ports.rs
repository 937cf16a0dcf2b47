//! Ports for delivery: outgoing calls, and the signing secrets of a tenant.

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_domain::delivery::mail::Sender;
use couponflow_domain::delivery::mail_pause::{CountedReport, MailCounts, MailPause};
use couponflow_domain::delivery::recipient::{ConfirmationToken, Recipient};
use couponflow_domain::delivery::topic::TopicArn;
use couponflow_domain::delivery::webhook::SigningSecret;
use couponflow_domain::kernel::personal::PersonalText;
use couponflow_domain::purchases::customer::Email;
use couponflow_domain::tenants::tenant::TenantId;

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

/// Schedule of outgoing e-mail. Each schedule has the send rate of the account.
#[derive(Debug, Clone, Copy)]
pub enum MailSchedule<'a> {
    /// All tenants together.
    Account,
    /// One tenant.
    Tenant(&'a TenantId),
}

/// Outgoing calls of workflow steps. No call whose outcome is unknown is repeated, except
/// [`Outbound::reserve_mail_slots`].
pub trait Outbound {
    // E-mail

    /// Sends an e-mail and returns the message id that the mail service assigned.
    ///
    /// # Errors
    /// Returns [`SendError`] if the e-mail was not sent, or if the outcome is unknown.
    async fn send_mail(&self, mail: &Mail) -> Result<String, SendError>;
    /// Reserves the next `count` free slots of a schedule, and returns the time of the last slot, which is `now` or
    /// later. A slot is a time at which one e-mail may be sent to one recipient. Each slot is reserved at most once.
    /// Reserves nothing and returns `None` if the next free slot is later than `horizon` from now.
    async fn reserve_mail_slots(
        &self,
        schedule: MailSchedule<'_>,
        count: usize,
        now: DateTime<Utc>,
        horizon: TimeDelta,
    ) -> StoreResult<Option<DateTime<Utc>>>;

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

/// Stores the secrets with which a tenant signs webhooks, the pause of its e-mail, and the recipients of messages to its
/// team.
pub trait DeliveryStore {
    // Pause of e-mail

    /// Returns why the tenant's e-mail is paused. `None` if it is not. A change takes effect within 30 seconds.
    async fn mail_pause(&self) -> StoreResult<Option<MailPause>>;
    /// Counts a delivery report, and returns the counts of the tenant's last e-mails.
    async fn count_report(&self, report: CountedReport) -> StoreResult<MailCounts>;
    /// Pauses the tenant's e-mail. Returns false if it was already paused: the first reason is kept.
    async fn pause_mail(&self, pause: &MailPause) -> StoreResult<bool>;
    /// Resumes the tenant's e-mail and counts from zero. Returns false if it was not paused.
    async fn resume_mail(&self) -> StoreResult<bool>;

    // Recipients of messages to the shop's team

    /// Returns the recipient with this key
    /// ([`recipient_key`](couponflow_domain::delivery::recipient::recipient_key)). `None` if the recipient was never asked.
    async fn recipient(&self, key: &str) -> StoreResult<Option<Recipient>>;
    /// Records that the recipient is asked with this token. Returns false if the recipient has confirmed, or was asked
    /// within [`ASK_AGAIN_AFTER`](couponflow_domain::delivery::recipient::ASK_AGAIN_AFTER).
    async fn ask_recipient(&self, key: &str, token: &ConfirmationToken, now: DateTime<Utc>) -> StoreResult<bool>;
    /// Forgets a request that was not sent. No-op if the recipient has confirmed or was asked with another token.
    async fn forget_request(&self, key: &str, token: &ConfirmationToken) -> StoreResult<()>;
    /// Returns whether the token is that of the latest request to the recipient.
    async fn is_confirmation_token(&self, key: &str, token: &ConfirmationToken) -> StoreResult<bool>;
    /// Confirms the recipient's address. Returns false if the token is not that of the latest request. No-op if the
    /// recipient has confirmed with this token before.
    async fn confirm_recipient(&self, key: &str, token: &ConfirmationToken, now: DateTime<Utc>) -> StoreResult<bool>;

    // Secrets that sign webhooks

    /// Returns the secrets that are valid at `now`, newest first. Empty if the tenant has created
    /// no secret. Two secrets are valid during the day after a rotation.
    async fn signing_secrets(&self, now: DateTime<Utc>) -> StoreResult<Vec<SigningSecret>>;
    /// Stores a new secret and returns it. The previous secret stays valid for one more day. If a secret with the same
    /// id exists, changes nothing and returns the existing secret.
    async fn rotate_signing_secret(&self, new: SigningSecret, now: DateTime<Utc>) -> StoreResult<SigningSecret>;
}
