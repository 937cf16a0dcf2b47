//! Delivery reports for e-mails: events that Amazon SES publishes through EventBridge.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use crate::delivery::mail::{EXECUTION_TAG, STEP_TAG, SuppressionReason, TENANT_TAG};
use crate::kernel::ids::ExecutionId;
use crate::purchases::customer::Email;
use crate::tenants::tenant::TenantId;

/// `source` of SES events.
pub const SOURCE: &str = "aws.ses";

/// Values of `detail-type` that [`MailEvent::read`] accepts.
pub const DETAIL_TYPES: [&str; 6] = [
    "Email Delivered",
    "Email Delivery Delayed",
    "Email Bounced",
    "Email Complaint Received",
    "Email Rejected",
    "Email Rendering Failed",
];

/// Type of a delivery report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailEventKind {
    /// The recipient's server accepted the e-mail.
    Delivered,
    /// SES is still trying to deliver the e-mail.
    Delayed,
    /// Bounced permanently, for example because the address does not exist.
    Bounced,
    /// Bounced for a reason that is temporary or unknown, for example because the mailbox is full.
    /// A later e-mail may arrive.
    BouncedTemporarily,
    /// The recipient received the e-mail and reported it as spam.
    Complained,
    /// SES found a virus and did not send the e-mail.
    Rejected,
    /// SES could not render the template of the e-mail.
    RenderingFailed,
}

/// Delivery report for an e-mail that a step sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailEvent {
    pub tenant_id: TenantId,
    pub execution_id: ExecutionId,
    pub step_id: String,
    pub kind: MailEventKind,
    pub at: DateTime<Utc>,
    /// Recipients whom the report concerns.
    pub recipients: Vec<Email>,
    /// Reason given by SES. It contains no address or other personal data.
    pub detail: Option<String>,
}

/// Error for an event that is not a [`MailEvent`]. The error names the faulty member but omits its
/// value, because the value may be personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a delivery report for an e-mail of a step; missing or malformed: {0}")]
pub struct InvalidMailEvent(&'static str);

impl MailEvent {
    /// Reads an event in the form in which EventBridge delivers the event.
    ///
    /// # Errors
    /// Returns [`InvalidMailEvent`] if the event does not have the form that SES documents, or if
    /// the e-mail lacks the [`tags`](crate::delivery::mail::tags) of a step.
    pub fn read(event: &Value) -> Result<Self, InvalidMailEvent> {
        let Envelope { time, what } =
            Envelope::deserialize(event).map_err(|_| InvalidMailEvent("time, detail-type or detail"))?;
        let mail = what.mail();
        let tag = |name: &str| mail.tags.get(name).and_then(|values| values.get(0)).and_then(Value::as_str);
        let tenant_id = tag(TENANT_TAG).and_then(|id| TenantId::parse(id).ok());
        let execution_id = tag(EXECUTION_TAG).and_then(|id| ExecutionId::parse(id).ok());
        let (kind, at, named, detail) = what.parts();
        Ok(Self {
            tenant_id: tenant_id.ok_or(InvalidMailEvent("/detail/mail/tags/couponflow-tenant"))?,
            execution_id: execution_id.ok_or(InvalidMailEvent("/detail/mail/tags/couponflow-execution"))?,
            step_id: tag(STEP_TAG).ok_or(InvalidMailEvent("/detail/mail/tags/couponflow-step"))?.to_owned(),
            kind,
            at: at.unwrap_or(time),
            recipients: affected_recipients(mail, named),
            detail,
        })
    }

    /// Returns the reason for which the recipients are suppressed after this report. Returns `None`
    /// if the report is no reason to suppress the recipients.
    pub fn suppresses(&self) -> Option<SuppressionReason> {
        match self.kind {
            MailEventKind::Bounced => Some(SuppressionReason::Bounced),
            MailEventKind::Complained => Some(SuppressionReason::Complained),
            _ => None,
        }
    }

    /// Whether the report withdraws the recipients' consent.
    pub fn withdraws_consent(&self) -> bool {
        self.kind == MailEventKind::Complained
    }
}

#[derive(Deserialize)]
struct Envelope {
    time: DateTime<Utc>,
    #[serde(flatten)]
    what: SesDetail,
}

#[derive(Deserialize)]
#[serde(tag = "detail-type", content = "detail")]
enum SesDetail {
    #[serde(rename = "Email Delivered")]
    Delivered { mail: SesMail, delivery: Delivery },
    #[serde(rename = "Email Delivery Delayed", rename_all = "camelCase")]
    Delayed { mail: SesMail, delivery_delay: Delay },
    #[serde(rename = "Email Bounced")]
    Bounced { mail: SesMail, bounce: Bounce },
    #[serde(rename = "Email Complaint Received")]
    Complained { mail: SesMail, complaint: Complaint },
    #[serde(rename = "Email Rejected")]
    Rejected { mail: SesMail, reject: Reject },
    #[serde(rename = "Email Rendering Failed")]
    RenderingFailed { mail: SesMail },
}

#[derive(Deserialize)]
struct SesMail {
    destination: Vec<Email>,
    #[serde(default)]
    tags: Value,
}

#[derive(Deserialize)]
struct Delivery {
    timestamp: DateTime<Utc>,
    recipients: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Delay {
    timestamp: DateTime<Utc>,
    delay_type: String,
    delayed_recipients: Vec<Recipient>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    timestamp: DateTime<Utc>,
    bounce_type: String,
    bounce_sub_type: String,
    bounced_recipients: Vec<Recipient>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    timestamp: DateTime<Utc>,
    complaint_feedback_type: Option<String>,
    complained_recipients: Vec<Recipient>,
}

#[derive(Deserialize)]
struct Reject {
    reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipient {
    email_address: String,
}

/// Kind, instant, recipients named by SES, and reason given by SES.
type ReportParts = (MailEventKind, Option<DateTime<Utc>>, Vec<String>, Option<String>);

impl SesDetail {
    fn mail(&self) -> &SesMail {
        match self {
            Self::Delivered { mail, .. }
            | Self::Delayed { mail, .. }
            | Self::Bounced { mail, .. }
            | Self::Complained { mail, .. }
            | Self::Rejected { mail, .. }
            | Self::RenderingFailed { mail } => mail,
        }
    }

    fn parts(&self) -> ReportParts {
        let addresses = |named: &[Recipient]| named.iter().map(|recipient| recipient.email_address.clone()).collect();
        match self {
            Self::Delivered { delivery, .. } => {
                (MailEventKind::Delivered, Some(delivery.timestamp), delivery.recipients.clone(), None)
            }
            Self::Delayed { delivery_delay: delay, .. } => {
                let named = addresses(&delay.delayed_recipients);
                (MailEventKind::Delayed, Some(delay.timestamp), named, Some(delay.delay_type.clone()))
            }
            Self::Bounced { bounce, .. } => {
                let is_final = bounce.bounce_type == "Permanent";
                let kind = if is_final { MailEventKind::Bounced } else { MailEventKind::BouncedTemporarily };
                let detail = format!("{}, {}", bounce.bounce_type, bounce.bounce_sub_type);
                (kind, Some(bounce.timestamp), addresses(&bounce.bounced_recipients), Some(detail))
            }
            Self::Complained { complaint, .. } => {
                // SES also sends a complaint if a recipient reports that the e-mail is not spam.
                let is_spam = complaint.complaint_feedback_type.as_deref() != Some("not-spam");
                let kind = if is_spam { MailEventKind::Complained } else { MailEventKind::Delivered };
                let named = addresses(&complaint.complained_recipients);
                (kind, Some(complaint.timestamp), named, complaint.complaint_feedback_type.clone())
            }
            Self::Rejected { mail, reject } => {
                (MailEventKind::Rejected, None, mail.addresses(), Some(reject.reason.clone()))
            }
            Self::RenderingFailed { mail } => (MailEventKind::RenderingFailed, None, mail.addresses(), None),
        }
    }
}

impl SesMail {
    fn addresses(&self) -> Vec<String> {
        self.destination.iter().map(|address| address.as_str().to_owned()).collect()
    }
}

/// Returns the recipients whom a report concerns. If the e-mail had several recipients, returns the
/// recipients that the report names. If the e-mail had one recipient, always returns this
/// recipient, because a report about a forwarded e-mail can name another address.
fn affected_recipients(mail: &SesMail, named: Vec<String>) -> Vec<Email> {
    if let [only] = mail.destination.as_slice() {
        return vec![only.clone()];
    }
    let named: Vec<Email> = named.iter().filter_map(|address| Email::parse(address).ok()).collect();
    let is_named = |email: &&Email| named.iter().any(|named| named.normalised() == email.normalised());
    mail.destination.iter().filter(is_named).cloned().collect()
}

#[cfg(test)]
mod tests;
