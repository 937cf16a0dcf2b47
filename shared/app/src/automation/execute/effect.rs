//! Effects of steps. An [`Effect`] describes what a step will change or send. Creating an effect
//! changes nothing.

use couponflow_domain::automation::workflow::NewCoupon;
use couponflow_domain::contacts::audience::Audience;
use couponflow_domain::contacts::contact::SetChange;
use couponflow_domain::coupons::coupon::CouponAction;
use couponflow_domain::kernel::ids::{CouponId, WorkflowId};
use couponflow_domain::purchases::customer::Email;
use serde_json::{Map, Value, json};

/// Maximum number of characters of a text in the input of a step.
const MAX_SHOWN_CHARS: usize = 500;

/// Effect that a step will have.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Change the contact's tags or lists.
    ChangeSet(SetChange),
    Mail {
        to: Vec<Email>,
        subject: String,
        html: Option<String>,
        text: Option<String>,
        /// Whether the recipient is the event's contact, who can unsubscribe. False for the tenant's own staff.
        to_contact: bool,
    },
    Webhook {
        url: String,
        content_type: &'static str,
        body: String,
    },
    /// Send a message to Slack, or to a service with the same webhook format.
    Slack {
        url: String,
        text: String,
    },
    /// Publish to an SNS topic.
    Topic {
        topic_arn: String,
        /// Subject for e-mail subscribers of the topic.
        subject: Option<String>,
        text: String,
    },
    ChangeCoupon {
        coupon_id: CouponId,
        action: CouponAction,
    },
    /// Activate the backup coupon of this coupon.
    ActivateBackup {
        coupon_id: CouponId,
    },
    /// Generate a coupon.
    Generate(Box<NewCoupon>),
    Start(WorkflowId),
    /// Cancel the contact's execution of another workflow.
    Stop(WorkflowId),
    /// Start an execution for each contact of an audience.
    ForEach {
        audience: Audience,
        /// Index of the step that these executions start with.
        first: usize,
    },
    /// Subscribe to the signals that the step waits for.
    Listen {
        /// When the wait times out.
        until: chrono::DateTime<chrono::Utc>,
    },
}

impl Effect {
    /// Returns the input of the step, as shown in executions and dry runs. Shortens long texts.
    pub fn input(&self) -> Map<String, Value> {
        let input = match self {
            Self::ChangeSet(SetChange::AddTag(tag) | SetChange::RemoveTag(tag)) => json!({"tag": tag}),
            Self::ChangeSet(SetChange::AddToList(list) | SetChange::RemoveFromList(list)) => json!({"list": list}),
            Self::Mail { to, subject, html, text, to_contact: _ } => {
                json!({"to": to, "subject": start(subject), "html": shown(html), "text": shown(text)})
            }
            Self::Webhook { url, content_type, body } => {
                json!({"url": url, "content_type": content_type, "body": start(body)})
            }
            Self::Slack { url, text } => json!({"channel": "slack", "url": url, "text": start(text)}),
            Self::Topic { topic_arn, subject, text } => {
                json!({"channel": "sns", "topic_arn": topic_arn, "subject": shown(subject), "text": start(text)})
            }
            Self::ChangeCoupon { coupon_id, action } => match action {
                CouponAction::Switch(_) => json!({"coupon_id": coupon_id}),
                CouponAction::Extend(by) => json!({"coupon_id": coupon_id, "by": by}),
                CouponAction::RaiseLimit(by) => json!({"coupon_id": coupon_id, "by": by}),
            },
            Self::ActivateBackup { coupon_id } => json!({"coupon_id": coupon_id}),
            Self::Generate(new) => {
                json!({"name": new.terms.name, "discount": new.terms.discount, "prefix": new.prefix,
                    "expires_in": new.expires_in, "only_for_contact": new.only_for_contact})
            }
            Self::Start(workflow_id) | Self::Stop(workflow_id) => json!({"workflow_id": workflow_id}),
            Self::ForEach { audience, .. } => json!({"audience": audience}),
            Self::Listen { until } => json!({"until": until}),
        };
        match input {
            Value::Object(input) => input.into_iter().filter(|(_, value)| !value.is_null()).collect(),
            _ => Map::new(),
        }
    }
}

fn shown(text: &Option<String>) -> Option<String> {
    text.as_deref().map(start)
}

fn start(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
