//! What a step is about to do, with everything decided and rendered.

use couponflow_domain::audience::Audience;
use couponflow_domain::contact::SetChange;
use couponflow_domain::coupon::CouponAction;
use couponflow_domain::customer::Email;
use couponflow_domain::ids::{CouponId, WorkflowId};
use couponflow_domain::workflow::NewCoupon;
use serde_json::{Map, Value, json};

/// How much of a body the timeline shows.
const SHOWN: usize = 500;

/// What a step is about to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Change the contact's tags or lists.
    ChangeSet(SetChange),
    /// Send an e-mail.
    Mail {
        /// Recipients.
        to: Vec<Email>,
        /// Subject line.
        subject: String,
        /// HTML body.
        html: Option<String>,
        /// Plain-text body.
        text: Option<String>,
        /// Whether it goes to the contact, who can unsubscribe.
        to_contact: bool,
    },
    /// Post to a webhook.
    Webhook {
        /// Where to.
        url: String,
        /// The media type of the body.
        content_type: &'static str,
        /// What.
        body: String,
    },
    /// Tell a chat.
    Slack {
        /// Where to.
        url: String,
        /// What.
        text: String,
    },
    /// Tell an SNS topic.
    Topic {
        /// Which.
        topic_arn: String,
        /// Subject, for subscribers by e-mail.
        subject: Option<String>,
        /// What.
        text: String,
    },
    /// Change a coupon.
    ChangeCoupon {
        /// Which.
        coupon_id: CouponId,
        /// How.
        action: CouponAction,
    },
    /// Switch the backup of a coupon on.
    ActivateBackup {
        /// Of which.
        coupon_id: CouponId,
    },
    /// Make a coupon.
    Generate(Box<NewCoupon>),
    /// Start another workflow.
    Start(WorkflowId),
    /// Stop the contact's execution of another workflow.
    Stop(WorkflowId),
    /// Begin an execution for each contact of an audience.
    ForEach {
        /// Whose.
        audience: Audience,
        /// With this step.
        first: usize,
    },
    /// Listen for what the step waits for.
    Listen {
        /// Until then.
        until: chrono::DateTime<chrono::Utc>,
    },
}

impl Effect {
    /// What the timeline, and a dry run, show of it. Bodies are cut short.
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
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
