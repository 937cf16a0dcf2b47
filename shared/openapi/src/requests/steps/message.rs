//! Request schemas of the steps that send e-mails, notifications and webhooks.

use serde_json::{Value, json};

use super::step::{named, step};
use crate::requests::json_schema::{email, list, optional, text};
use crate::requests::template::{body, subject};

/// Schemas of the step that sends an e-mail: one per body that is present.
pub(super) fn send_email() -> Vec<Value> {
    let (subject, html, text) = (subject(), body("HTML body."), body("Plain-text body."));
    let with = |title: &str, required: &str, html: Value, text: Value| {
        let members = [("subject", subject.clone()), ("html", html), ("text", text)];
        named(title, step("send_email", "Sends an e-mail to the contact.", &["subject", required], &members))
    };
    vec![
        with("SendHtmlEmailStep", "html", html.clone(), optional(text.clone())),
        with("SendTextEmailStep", "text", optional(html), text),
    ]
}

pub(super) fn notifications() -> Vec<Value> {
    let notify = |title: &str, channel: &str, required: &[&str], members: &[(&str, Value)]| {
        let channel = ("channel", json!({"const": channel}));
        let members = [&[channel, ("text", body("Message text."))], members].concat();
        let description = "Notifies colleagues by e-mail, Slack or Amazon SNS.";
        named(title, step("notify", description, &[&["channel", "text"], required].concat(), &members))
    };
    vec![
        notify(
            "NotifyByEmailStep",
            "email",
            &["to", "subject"],
            &[("to", list(1, 20, email("Address of a recipient."))), ("subject", subject())],
        ),
        notify("NotifyBySlackStep", "slack", &["url"], &[("url", url())]),
        notify(
            "NotifyBySnsStep",
            "sns",
            &["topic_arn"],
            &[("topic_arn", text(1, 300, "ARN of the SNS topic.")), ("subject", optional(subject()))],
        ),
    ]
}

pub(super) fn webhook() -> Value {
    step(
        "webhook",
        "Sends a signed POST request. The request contains `body`, or by default the event as published on the bus. \
         The request is sent again while the receiver is unreachable or returns 408, 425, 429 or 5xx. A webhook has up \
         to nine attempts over three days. Retries respect the receiver's `Retry-After`, up to 24 hours.",
        &["url"],
        &[("url", url()), ("body", optional(webhook_body()))],
    )
}

fn webhook_body() -> Value {
    let description = "JSON whose strings are templates. A string that consists of a single merge field becomes the \
                       value of the field with its JSON type, or null if the field has no value.";
    let text = body("Body text. Sent as JSON if the text begins with `{` or `[`, otherwise as `text/plain`.");
    json!({"anyOf": [
        text,
        {"type": "object", "title": "WebhookBody", "description": description},
        {"type": "array", "items": {}, "description": description},
    ]})
}

fn url() -> Value {
    json!({"type": "string", "pattern": "^https://[A-Za-z0-9.-]+[.][A-Za-z]{2,}(/[A-Za-z0-9._/-]*)?$",
        "description": "Public HTTPS URL without user and password."})
}
