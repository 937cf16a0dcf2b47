//! What became of a mail, as SES tells it through EventBridge.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use crate::customer::Email;
use crate::ids::ExecutionId;
use crate::mail::{EXECUTION_TAG, STEP_TAG, SuppressionReason, TENANT_TAG};
use crate::tenant::TenantId;

/// The `source` of the events of SES.
pub const SOURCE: &str = "aws.ses";

/// The `detail-type`s that [`MailEvent::read`] reads.
pub const DETAIL_TYPES: [&str; 6] = [
    "Email Delivered",
    "Email Delivery Delayed",
    "Email Bounced",
    "Email Complaint Received",
    "Email Rejected",
    "Email Rendering Failed",
];

/// What became of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailEventKind {
    /// The recipient's server has it.
    Delivered,
    /// SES is still trying.
    Delayed,
    /// It came back for good: there is no such address, or it wants no mail.
    Bounced,
    /// It came back after SES tried for a while: a full mailbox, say. Another mail may arrive.
    BouncedForNow,
    /// It arrived, and the recipient called it spam.
    Complained,
    /// SES found a virus in it and did not send it.
    Rejected,
    /// SES could not make it from its template.
    RenderingFailed,
}

/// One thing that became of one mail of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailEvent {
    /// Whose mail it was.
    pub tenant_id: TenantId,
    /// The execution that sent it.
    pub execution_id: ExecutionId,
    /// The step that sent it.
    pub step_id: String,
    /// What became of it.
    pub kind: MailEventKind,
    /// When.
    pub at: DateTime<Utc>,
    /// For which of its recipients.
    pub recipients: Vec<Email>,
    /// SES's words for it; no address and nothing else that is personal is in them.
    pub detail: Option<String>,
}

/// Why a message is no [`MailEvent`]. Says where, and nothing of what stands there: it may be personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an event of a mail that a step sent: {0}")]
pub struct NoMailEvent(&'static str);

impl MailEvent {
    /// Reads an event as a rule of the bus hands it on.
    ///
    /// # Errors
    /// Where it has another form than SES documents, or its mail lacks the [`tags`](crate::mail::tags) of a step.
    pub fn read(event: &Value) -> Result<Self, NoMailEvent> {
        let Envelope { time, what } = Envelope::deserialize(event)
            .map_err(|_| NoMailEvent("time, detail-type or detail is missing or of another form"))?;
        let mail = what.mail();
        let tag = |name: &str| mail.tags.get(name).and_then(|values| values.get(0)).and_then(Value::as_str);
        let tenant_id = tag(TENANT_TAG).and_then(|id| TenantId::parse(id).ok());
        let execution_id = tag(EXECUTION_TAG).and_then(|id| ExecutionId::parse(id).ok());
        let (kind, at, named, detail) = what.told();
        Ok(Self {
            tenant_id: tenant_id.ok_or(NoMailEvent("/detail/mail/tags/couponflow-tenant"))?,
            execution_id: execution_id.ok_or(NoMailEvent("/detail/mail/tags/couponflow-execution"))?,
            step_id: tag(STEP_TAG).ok_or(NoMailEvent("/detail/mail/tags/couponflow-step"))?.to_owned(),
            kind,
            at: at.unwrap_or(time),
            recipients: concerned(mail, named),
            detail,
        })
    }

    /// Why its recipients get no more mail, where they don't.
    pub fn suppresses(&self) -> Option<SuppressionReason> {
        match self.kind {
            MailEventKind::Bounced => Some(SuppressionReason::Bounced),
            MailEventKind::Complained => Some(SuppressionReason::Complained),
            _ => None,
        }
    }

    /// Whether its recipients no longer agree to be written to.
    pub fn withdraws_consent(&self) -> bool {
        self.kind == MailEventKind::Complained
    }
}

#[derive(Deserialize)]
struct Envelope {
    time: DateTime<Utc>,
    #[serde(flatten)]
    what: What,
}

#[derive(Deserialize)]
#[serde(tag = "detail-type", content = "detail")]
enum What {
    #[serde(rename = "Email Delivered")]
    Delivered { mail: Sent, delivery: Delivery },
    #[serde(rename = "Email Delivery Delayed", rename_all = "camelCase")]
    Delayed { mail: Sent, delivery_delay: Delay },
    #[serde(rename = "Email Bounced")]
    Bounced { mail: Sent, bounce: Bounce },
    #[serde(rename = "Email Complaint Received")]
    Complained { mail: Sent, complaint: Complaint },
    #[serde(rename = "Email Rejected")]
    Rejected { mail: Sent, reject: Reject },
    #[serde(rename = "Email Rendering Failed")]
    RenderingFailed { mail: Sent },
}

#[derive(Deserialize)]
struct Sent {
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

/// A kind, when, the recipients that SES names, and its words.
type Told = (MailEventKind, Option<DateTime<Utc>>, Vec<String>, Option<String>);

impl What {
    fn mail(&self) -> &Sent {
        match self {
            Self::Delivered { mail, .. }
            | Self::Delayed { mail, .. }
            | Self::Bounced { mail, .. }
            | Self::Complained { mail, .. }
            | Self::Rejected { mail, .. }
            | Self::RenderingFailed { mail } => mail,
        }
    }

    fn told(&self) -> Told {
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
                let kind = if is_final { MailEventKind::Bounced } else { MailEventKind::BouncedForNow };
                let detail = format!("{}, {}", bounce.bounce_type, bounce.bounce_sub_type);
                (kind, Some(bounce.timestamp), addresses(&bounce.bounced_recipients), Some(detail))
            }
            Self::Complained { complaint, .. } => {
                // A report that says that the mail is no spam comes the same way.
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

impl Sent {
    fn addresses(&self) -> Vec<String> {
        self.destination.iter().map(Email::to_string).collect()
    }
}

/// The recipients that an event is about. Of a mail to one it is that one, however the server that it was forwarded to
/// calls them; of a mail to several, those among them that are named.
fn concerned(mail: &Sent, named: Vec<String>) -> Vec<Email> {
    if let [only] = mail.destination.as_slice() {
        return vec![only.clone()];
    }
    let named: Vec<Email> = named.iter().filter_map(|address| Email::parse(address).ok()).collect();
    let is_named = |email: &&Email| named.iter().any(|named| named.normalised() == email.normalised());
    mail.destination.iter().filter(is_named).cloned().collect()
}

#[cfg(test)]
mod tests;
