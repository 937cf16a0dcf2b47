//! The step `notify`.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::awaited::Awaited;
use super::effect::{ShowInput, members, shorten};
use super::mail::{MAX_RECIPIENTS, Mail};
use super::preparation::Preparation;
use super::reader::StepReader;
use super::step_action::{DocumentStep, KindProperties, Reference, RetrySchedule, SampleValues, StepAction};
use super::step_contents::StepContents;
use super::step_schema::{step, url};
use crate::automation::execution::Outcome;
use crate::automation::template::{OutputKind, StepOutput, body_schema, subject_schema};
use crate::events::event::CouponSnapshot;
use crate::kernel::input::{Errors, Field};
use crate::kernel::json_schema::{email, list, optional, text};
use crate::kernel::personal::PersonalText;
use crate::purchases::customer::Email;

/// Maximum number of characters of a topic's ARN.
const MAX_TOPIC_ARN: usize = 300;

/// Sends a message to the shop's own team, with one variant per channel. The texts are templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notify {
    Email {
        to: Vec<Email>,
        subject: String,
        text: String,
    },
    /// A webhook that accepts Slack's message format.
    Slack {
        url: String,
        text: String,
    },
    Topic {
        topic_arn: String,
        /// Subject, for subscribers by e-mail.
        subject: Option<String>,
        text: String,
    },
}

/// Rendered message to the shop's own team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notification {
    Email(Mail),
    /// Message to Slack, or to a service with the same webhook format.
    Slack {
        url: String,
        text: PersonalText,
    },
    /// Message to an SNS topic.
    Topic {
        topic_arn: String,
        /// Subject for e-mail subscribers of the topic.
        subject: Option<PersonalText>,
        text: PersonalText,
    },
}

impl ShowInput for Notification {
    fn input(&self) -> Map<String, Value> {
        match self {
            Self::Email(mail) => mail.input(),
            Self::Slack { url, text } => {
                members([("channel", json!("slack")), ("url", json!(url)), ("text", json!(shorten(text)))])
            }
            Self::Topic { topic_arn, subject, text } => {
                let subject = subject.as_deref().map(shorten);
                members([
                    ("channel", json!("sns")),
                    ("topic_arn", json!(topic_arn)),
                    ("subject", json!(subject)),
                    ("text", json!(shorten(text))),
                ])
            }
        }
    }
}

impl DocumentStep for Notify {
    const CONTENTS: StepContents = StepContents::NONE;

    fn read(step: &mut StepReader<'_, '_, '_>, errors: &mut Errors) -> Option<Self> {
        step.members(&["channel", "to", "url", "topic_arn", "subject", "text"], errors)?;
        let channel = |channel: &str| match channel {
            "email" | "slack" | "sns" => Ok(channel.to_owned()),
            _ => Err("must be \"email\", \"slack\" or \"sns\""),
        };
        let channel = step.get("channel").parse(channel, errors);
        let text = step.body("text", errors);
        let channel = channel?;
        let unfit: &[&str] = match channel.as_str() {
            "email" => &["url", "topic_arn"],
            "slack" => &["to", "topic_arn", "subject"],
            _ => &["to", "url"],
        };
        for member in unfit.iter().filter(|member| !step.get(member).is_absent()) {
            step.get(member)
                .reject::<()>(format_args!("cannot be combined with the channel {channel}; omit this member"), errors);
        }
        match channel.as_str() {
            "email" => {
                let each = |field: &Field<'_>, errors: &mut Errors| field.parse(Email::parse, errors);
                let to = step.get("to").list(1..=MAX_RECIPIENTS, errors, each);
                let subject = step.line("subject", errors);
                Some(Self::Email { to: to?, subject: subject?, text: text? })
            }
            "slack" => {
                let url = step.url(errors);
                Some(Self::Slack { url: url?, text: text? })
            }
            _ => {
                let topic_arn = step.get("topic_arn").text(1..=MAX_TOPIC_ARN, errors).map(str::to_owned);
                let subject = step.get("subject").optional(errors, |_, errors| step.line("subject", errors));
                Some(Self::Topic { topic_arn: topic_arn?, subject: subject?, text: text? })
            }
        }
    }

    fn schemas(kind: &str) -> Vec<Value> {
        let notify = |title: &str, channel: &str, required: &[&str], members: &[(&str, Value)]| {
            let channel = ("channel", json!({"const": channel}));
            let members = [&[channel, ("text", body_schema("Message text."))], members].concat();
            let description = "Notifies colleagues by e-mail, Slack or Amazon SNS.";
            step(title, kind, description, &[&["channel", "text"], required].concat(), &members)
        };
        let to = list(1..=MAX_RECIPIENTS, email("Address of a recipient."));
        let topic_arn = text(1..=MAX_TOPIC_ARN, "ARN of the SNS topic.");
        vec![
            notify("NotifyByEmailStep", "email", &["to", "subject"], &[("to", to), ("subject", subject_schema())]),
            notify("NotifyBySlackStep", "slack", &["url"], &[("url", url())]),
            notify(
                "NotifyBySnsStep",
                "sns",
                &["topic_arn"],
                &[("topic_arn", topic_arn), ("subject", optional(subject_schema()))],
            ),
        ]
    }
}

impl StepAction for Notify {
    const PROPERTIES: KindProperties =
        KindProperties { is_repeatable: false, listens: false, retries: RetrySchedule::Backoff, outputs: &[] };

    type Effect = Notification;

    fn gates_later_steps(&self) -> bool {
        false
    }

    fn awaited(&self) -> Option<Awaited<'_>> {
        None
    }

    fn outputs(&self) -> Vec<StepOutput> {
        Self::PROPERTIES.outputs.to_vec()
    }

    fn sample_values(&self, _: &CouponSnapshot, now: DateTime<Utc>) -> SampleValues {
        SampleValues::at(now)
    }

    fn reference(&self) -> Option<Reference<'_>> {
        None
    }

    fn prepare(&self, preparation: &Preparation<'_>) -> Result<Notification, Outcome> {
        match self {
            Self::Email { to, subject, text } => Ok(Notification::Email(Mail {
                to: to.clone(),
                subject: preparation.render(subject, OutputKind::Line)?,
                html: None,
                text: Some(preparation.render(text, OutputKind::Text)?),
                to_contact: false,
            })),
            Self::Slack { url, text } => {
                Ok(Notification::Slack { url: url.clone(), text: preparation.render(text, OutputKind::Text)? })
            }
            Self::Topic { topic_arn, subject, text } => {
                let line = |subject: &str| preparation.render(subject, OutputKind::Line);
                Ok(Notification::Topic {
                    topic_arn: topic_arn.clone(),
                    subject: subject.as_deref().map(line).transpose()?,
                    text: preparation.render(text, OutputKind::Text)?,
                })
            }
        }
    }
}
