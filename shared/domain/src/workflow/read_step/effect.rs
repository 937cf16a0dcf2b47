//! Steps that do something, once, and lead to the next.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{Reader, SHORTEST_WAIT};
use crate::contact::SetChange;
use crate::coupon::Terms;
use crate::customer::Email;
use crate::ids::{CouponId, WorkflowId};
use crate::input::{self, Errors, Field};
use crate::label::Label;
use crate::span::Span;
use crate::template;
use crate::webhook::parse_url;
use crate::workflow::action::{Action, NewCoupon, Notification};
use crate::workflow::{LONGEST_WAIT, MAX_RECIPIENTS, STEP_TYPES};

const MAX_SUBJECT: usize = 500;
const MAX_BODY: usize = 100_000;
const MAX_RAISE: i64 = 1_000_000_000;

/// A generated coupon's life.
const COUPON_LIVES: std::ops::RangeInclusive<TimeDelta> = TimeDelta::minutes(1)..=TimeDelta::days(3660);

/// The terms that each generated coupon has for itself, so that a workflow does not say them.
pub const EACH_ITS_OWN: [&str; 10] = [
    "code",
    "code_type",
    "max_redemptions",
    "max_redemptions_per_customer",
    "starts_at",
    "expires_at",
    "thresholds",
    "backup_coupon_id",
    "offer_backup",
    "only_for",
];

impl Reader {
    /// A step that does something, once, and leads to the next.
    pub(super) fn effect(&self, kind: &str, field: &Field<'_>, errors: &mut Errors) -> Option<Action> {
        let members = |members: &[&str], errors: &mut Errors| self.members(field, members, errors);
        match kind {
            "add_tag" => self.change(field, "tag", SetChange::AddTag, errors),
            "remove_tag" => self.change(field, "tag", SetChange::RemoveTag, errors),
            "add_to_list" => self.change(field, "list", SetChange::AddToList, errors),
            "remove_from_list" => self.change(field, "list", SetChange::RemoveFromList, errors),
            "send_email" => {
                members(&["subject", "html", "text"], errors)?;
                let subject = self.line(field, "subject", errors);
                let html = field.get("html").optional(errors, |_, errors| self.body(field, "html", errors));
                let text = field.get("text").optional(errors, |_, errors| self.body(field, "text", errors));
                let (subject, html, text) = (subject?, html?, text?);
                if html.is_none() && text.is_none() {
                    return field.get("html").refuse("is required: HTML, or else text", errors);
                }
                Some(Action::SendEmail { subject, html, text })
            }
            "notify" => self.notification(field, errors).map(Action::Notify),
            "webhook" => {
                members(&["url", "body"], errors)?;
                let url = self.url(field, errors);
                let body = field.get("body").optional(errors, |_, errors| self.body(field, "body", errors));
                Some(Action::Webhook { url: url?, body: body? })
            }
            "pause_coupon" => {
                members(&["coupon_id"], errors)?;
                Some(Action::PauseCoupon { coupon_id: coupon_id(field, errors)? })
            }
            "replace_with_backup_coupon" => members(&[], errors).map(|()| Action::ReplaceWithBackupCoupon),
            "generate_coupon" => self.new_coupon(field, errors).map(Box::new).map(Action::GenerateCoupon),
            "extend_coupon" => {
                members(&["coupon_id", "by"], errors)?;
                let by = Span::read(&field.get("by"), SHORTEST_WAIT..=LONGEST_WAIT, errors);
                Some(Action::ExtendCoupon { coupon_id: coupon_id(field, errors)?, by: by? })
            }
            "raise_limit" => {
                members(&["coupon_id", "by"], errors)?;
                let by = field.get("by").integer(1..=MAX_RAISE, errors);
                Some(Action::RaiseLimit { coupon_id: coupon_id(field, errors)?, by: by? })
            }
            "start_workflow" => {
                members(&["workflow_id"], errors)?;
                let workflow_id = field.get("workflow_id").parse(WorkflowId::parse, errors);
                Some(Action::StartWorkflow { workflow_id: workflow_id? })
            }
            "stop_workflow" => {
                members(&["workflow_id"], errors)?;
                let id =
                    field.get("workflow_id").optional(errors, |field, errors| field.parse(WorkflowId::parse, errors));
                Some(Action::StopWorkflow { workflow_id: id? })
            }
            "wait" => self.wait(field, errors).map(Action::Wait),
            _ => field.get("type").refuse(format_args!("must be one of {}", STEP_TYPES.join(", ")), errors),
        }
    }

    fn template(&self, field: &Field<'_>, source: &str, errors: &mut Errors) -> Option<String> {
        match template::check(source, &self.scope) {
            Ok(()) => Some(source.to_owned()),
            Err(fault) => field.refuse(fault, errors),
        }
    }

    fn url(&self, step: &Field<'_>, errors: &mut Errors) -> Option<String> {
        let checked = |text: &str| parse_url(text, self.reach).map(|_| text.to_owned());
        step.get("url").parse(checked, errors)
    }

    pub(super) fn line(&self, step: &Field<'_>, name: &str, errors: &mut Errors) -> Option<String> {
        let field = step.get(name);
        field.text(1..=MAX_SUBJECT, errors).and_then(|source| self.template(&field, source, errors))
    }

    fn body(&self, step: &Field<'_>, name: &str, errors: &mut Errors) -> Option<String> {
        let field = step.get(name);
        field.lines(1..=MAX_BODY, errors).and_then(|source| self.template(&field, source, errors))
    }

    fn change(
        &self,
        field: &Field<'_>,
        member: &str,
        change: fn(Label) -> SetChange,
        errors: &mut Errors,
    ) -> Option<Action> {
        let known = self.members(field, &[member], errors);
        let name = field.get(member).parse(Label::parse, errors)?;
        known.map(|()| Action::ChangeSet(change(name)))
    }

    fn notification(&self, field: &Field<'_>, errors: &mut Errors) -> Option<Notification> {
        self.members(field, &["channel", "to", "url", "topic_arn", "subject", "text"], errors)?;
        let channel = |channel: &str| match channel {
            "email" | "slack" | "sns" => Ok(channel.to_owned()),
            _ => Err("must be \"email\", \"slack\" or \"sns\""),
        };
        let channel = field.get("channel").parse(channel, errors);
        let text = self.body(field, "text", errors);
        let channel = channel?;
        let unfit: &[&str] = match channel.as_str() {
            "email" => &["url", "topic_arn"],
            "slack" => &["to", "topic_arn", "subject"],
            _ => &["to", "url"],
        };
        for member in unfit.iter().filter(|member| !field.get(member).is_absent()) {
            field.get(member).refuse::<()>(format_args!("does not go with the channel {channel}"), errors);
        }
        match channel.as_str() {
            "email" => {
                let each = |field: &Field<'_>, errors: &mut Errors| field.parse(Email::parse, errors);
                let to = field.get("to").list(1..=MAX_RECIPIENTS, errors, each);
                let subject = self.line(field, "subject", errors);
                Some(Notification::Email { to: to?, subject: subject?, text: text? })
            }
            "slack" => {
                let url = self.url(field, errors);
                Some(Notification::Slack { url: url?, text: text? })
            }
            _ => {
                let topic_arn = field.get("topic_arn").text(1..=300, errors).map(str::to_owned);
                let subject = field.get("subject").optional(errors, |_, errors| self.line(field, "subject", errors));
                Some(Notification::Topic { topic_arn: topic_arn?, subject: subject?, text: text? })
            }
        }
    }

    fn new_coupon(&self, field: &Field<'_>, errors: &mut Errors) -> Option<NewCoupon> {
        self.members(field, &["coupon", "prefix", "expires_in", "only_for_contact"], errors)?;
        let prefix = field.get("prefix").optional(errors, |field, errors| field.parse(parse_prefix, errors));
        let expires_in =
            field.get("expires_in").optional(errors, |field, errors| Span::read(field, COUPON_LIVES, errors));
        let only_for_contact = field.get("only_for_contact").optional(errors, Field::boolean);
        let terms = read_new_terms(&field.get("coupon"), errors);
        Some(NewCoupon {
            terms: terms?,
            prefix: prefix?.unwrap_or_default(),
            expires_in: expires_in?,
            only_for_contact: only_for_contact?.unwrap_or(false),
        })
    }
}

/// The terms of a coupon that is not there yet: what the workflow decides about each one is left out.
fn read_new_terms(field: &Field<'_>, errors: &mut Errors) -> Option<Terms> {
    field.object_of_any(errors)?;
    let mut document = field.value().cloned().unwrap_or_default();
    for member in EACH_ITS_OWN.iter().filter(|member| document.get(member).is_some()) {
        field
            .get(member)
            .refuse::<()>("is left out: each coupon has its own code, expires_in and one redemption", errors);
    }
    if let Value::Object(map) = &mut document {
        map.insert("code".to_owned(), json!("GENERATED"));
        map.insert("max_redemptions".to_owned(), json!(1));
    }
    match input::read(&document, Terms::read) {
        Ok(terms) => Some(terms),
        Err(faults) => {
            for fault in faults {
                field.at(&fault.pointer).refuse::<()>(fault.detail, errors);
            }
            None
        }
    }
}

fn coupon_id(field: &Field<'_>, errors: &mut Errors) -> Option<Option<CouponId>> {
    field.get("coupon_id").optional(errors, |field, errors| field.parse(CouponId::parse, errors))
}

fn parse_prefix(text: &str) -> Result<String, &'static str> {
    match text.len() {
        1..=20 if text.bytes().all(|b| b.is_ascii_alphanumeric()) => Ok(text.to_ascii_uppercase()),
        _ => Err("must be 1 to 20 letters and digits"),
    }
}
