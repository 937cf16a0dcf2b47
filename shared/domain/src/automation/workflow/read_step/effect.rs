//! Reads steps without branches, such as actions and plain waits.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{MAX_SUBJECT, MIN_WAIT, Reader, members};
use crate::automation::template;
use crate::automation::workflow::action::{Action, Body, MAX_RECIPIENTS, NewCoupon, Notification};
use crate::automation::workflow::step::{MAX_WAIT, STEP_TYPES};
use crate::contacts::contact::SetChange;
use crate::coupons::coupon::Terms;
use crate::delivery::webhook::parse_url;
use crate::kernel::ids::{CouponId, WorkflowId};
use crate::kernel::input;
use crate::kernel::input::{Errors, Field, FieldError};
use crate::kernel::label::Label;
use crate::kernel::span::Span;
use crate::purchases::customer::Email;

const MAX_BODY: usize = 100_000;
/// Merge field that always has a value in an e-mail to the contact, because a contact without an
/// address gets no e-mail.
const ADDRESS: &str = "customer.email";
/// Maximum number of strings with merge fields in a JSON body.
const MAX_JSON_TEXTS: usize = 200;
const MAX_RAISE: i64 = 1_000_000_000;

/// Permitted lifetime of a generated coupon, from its creation to its expiry.
const COUPON_LIVES: std::ops::RangeInclusive<TimeDelta> = TimeDelta::minutes(1)..=TimeDelta::days(3660);

/// Terms that a `generate_coupon` step must leave out, because a generated coupon has its own code
/// and expiry and can be redeemed once.
pub const PER_COUPON_TERMS: [&str; 10] = [
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

impl Reader<'_> {
    /// Reads a step without branches.
    pub(super) fn effect(&mut self, kind: &str, field: &Field<'_>, errors: &mut Errors) -> Option<Action> {
        let members = |known: &[&str], errors: &mut Errors| members(field, known, errors);
        match kind {
            "add_tag" => self.change(field, "tag", SetChange::AddTag, errors),
            "remove_tag" => self.change(field, "tag", SetChange::RemoveTag, errors),
            "add_to_list" => self.change(field, "list", SetChange::AddToList, errors),
            "remove_from_list" => self.change(field, "list", SetChange::RemoveFromList, errors),
            "send_email" => self.mail(field, errors),
            "notify" => self.notification(field, errors).map(Action::Notify),
            "webhook" => {
                members(&["url", "body"], errors)?;
                let url = self.url(field, errors);
                let body = field.get("body").optional(errors, |field, errors| self.webhook_body(field, errors));
                Some(Action::Webhook { url: url?, body: body?.unwrap_or(Body::Event) })
            }
            "pause_coupon" => {
                members(&["coupon_id"], errors)?;
                Some(Action::PauseCoupon { coupon_id: coupon_id(field, errors)? })
            }
            "replace_with_backup_coupon" => members(&[], errors).map(|()| Action::ReplaceWithBackupCoupon),
            "generate_coupon" => self.new_coupon(field, errors).map(Box::new).map(Action::GenerateCoupon),
            "extend_coupon" => {
                members(&["coupon_id", "by"], errors)?;
                let by = Span::read(&field.get("by"), MIN_WAIT..=MAX_WAIT, errors);
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
                let id = id?;
                if id.is_some() {
                    self.needs_contact(field);
                }
                Some(Action::StopWorkflow { workflow_id: id })
            }
            "wait" => self.wait(field, errors).map(Action::Wait),
            _ => field.get("type").reject(format_args!("must be one of {}", STEP_TYPES.join(", ")), errors),
        }
    }

    fn mail(&mut self, step: &Field<'_>, errors: &mut Errors) -> Option<Action> {
        self.needs_contact(step);
        members(step, &["subject", "html", "text"], errors)?;
        self.scope.set_may_be_missing(ADDRESS, false);
        let subject = self.line(step, "subject", errors);
        let html = step.get("html").optional(errors, |_, errors| self.body(step, "html", errors));
        let text = step.get("text").optional(errors, |_, errors| self.body(step, "text", errors));
        self.scope.set_may_be_missing(ADDRESS, true);
        let (subject, html, text) = (subject?, html?, text?);
        if html.is_none() && text.is_none() {
            return step.get("html").reject("is required if text is absent", errors);
        }
        Some(Action::SendEmail { subject, html, text })
    }

    /// Checks a template. Does not warn about merge fields that can be missing.
    pub(super) fn checked(&self, field: &Field<'_>, source: &str, errors: &mut Errors) -> Option<String> {
        match template::check(source, &self.scope) {
            Ok(()) => Some(source.to_owned()),
            Err(fault) => field.reject(fault, errors),
        }
    }

    /// Checks a template and adds warnings. For example, warns about a merge field that can be
    /// missing and has no `|default`.
    fn template(&mut self, field: &Field<'_>, source: &str, errors: &mut Errors) -> Option<String> {
        let source = self.checked(field, source, errors)?;
        let warning = |detail| FieldError { pointer: field.pointer().to_owned(), detail };
        self.remarks.warnings.extend(template::advice(&source, &self.scope).into_iter().map(warning));
        Some(source)
    }

    fn url(&self, step: &Field<'_>, errors: &mut Errors) -> Option<String> {
        let checked = |text: &str| parse_url(text, self.url_policy).map(|_| text.to_owned());
        step.get("url").parse(checked, errors)
    }

    fn line(&mut self, step: &Field<'_>, name: &str, errors: &mut Errors) -> Option<String> {
        let field = step.get(name);
        field.text(1..=MAX_SUBJECT, errors).and_then(|source| self.template(&field, source, errors))
    }

    fn body(&mut self, step: &Field<'_>, name: &str, errors: &mut Errors) -> Option<String> {
        let field = step.get(name);
        field.lines(1..=MAX_BODY, errors).and_then(|source| self.template(&field, source, errors))
    }

    /// Reads a webhook body: either one template, or a JSON object or array whose strings are templates.
    fn webhook_body(&mut self, field: &Field<'_>, errors: &mut Errors) -> Option<Body> {
        match field.value() {
            Some(json @ (Value::Object(_) | Value::Array(_))) => {
                if json.to_string().len() > MAX_BODY {
                    return field.reject(format_args!("must have at most {MAX_BODY} bytes as JSON"), errors);
                }
                let mut left = MAX_JSON_TEXTS;
                self.json_body(field, &mut left, errors)?;
                Some(Body::Json(json.clone()))
            }
            Some(Value::String(_)) => {
                let source = field.lines(1..=MAX_BODY, errors)?;
                let source = self.template(field, source, errors)?;
                if !template::looks_like_json(&source) {
                    return Some(Body::Text(source));
                }
                if let Err(detail) = template::prove_json(&source, &self.scope) {
                    self.remarks.faults.push(FieldError { pointer: field.pointer().to_owned(), detail });
                }
                Some(Body::JsonText(source))
            }
            _ => field.reject("must be a string, a JSON object or a JSON array", errors),
        }
    }

    /// Checks the strings of a JSON body. `left` is the number of strings with merge fields that are still permitted.
    fn json_body(&mut self, field: &Field<'_>, left: &mut usize, errors: &mut Errors) -> Option<()> {
        match field.value() {
            Some(Value::Object(members)) => {
                let mut read = Some(());
                for name in members.keys() {
                    let member = field.get(name);
                    let checked = match name.contains("{{") {
                        true => member.reject("must not have a merge field; names are not rendered", errors),
                        false => self.json_body(&member, left, errors),
                    };
                    read = read.and(checked);
                }
                read
            }
            Some(Value::Array(elements)) => {
                let read = field.list(0..=elements.len(), errors, |field, errors| self.json_body(field, left, errors));
                read.map(|_| ())
            }
            Some(Value::String(text)) if text.contains('{') => {
                let source = field.lines(1..=MAX_BODY, errors)?;
                let Some(rest) = left.checked_sub(1) else {
                    return field
                        .reject(format_args!("exceeds the limit of {MAX_JSON_TEXTS} texts with merge fields"), errors);
                };
                *left = rest;
                self.json_text(field, source, errors)
            }
            _ => Some(()),
        }
    }

    /// Checks a string of a JSON body. Adds no warnings for a string that is a single expression: if the expression has
    /// no value, the body contains `null`.
    fn json_text(&mut self, field: &Field<'_>, source: &str, errors: &mut Errors) -> Option<()> {
        if template::is_single_expression(source) {
            return self.checked(field, source, errors).map(|_| ());
        }
        self.template(field, source, errors).map(|_| ())
    }

    fn change(
        &mut self,
        field: &Field<'_>,
        member: &str,
        change: fn(Label) -> SetChange,
        errors: &mut Errors,
    ) -> Option<Action> {
        self.needs_contact(field);
        let known = members(field, &[member], errors);
        let name = field.get(member).parse(Label::parse, errors)?;
        known.map(|()| Action::ChangeSet(change(name)))
    }

    fn notification(&mut self, field: &Field<'_>, errors: &mut Errors) -> Option<Notification> {
        members(field, &["channel", "to", "url", "topic_arn", "subject", "text"], errors)?;
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
            field
                .get(member)
                .reject::<()>(format_args!("cannot be combined with the channel {channel}; omit this member"), errors);
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

    fn new_coupon(&mut self, field: &Field<'_>, errors: &mut Errors) -> Option<NewCoupon> {
        members(field, &["coupon", "prefix", "expires_in", "only_for_contact"], errors)?;
        let prefix = field.get("prefix").optional(errors, |field, errors| field.parse(parse_prefix, errors));
        let expires_in =
            field.get("expires_in").optional(errors, |field, errors| Span::read(field, COUPON_LIVES, errors));
        let only_for_contact = field.get("only_for_contact").optional(errors, Field::boolean);
        if only_for_contact == Some(Some(true)) {
            self.needs_contact(field);
        }
        let terms = read_new_terms(&field.get("coupon"), errors);
        Some(NewCoupon {
            terms: terms?,
            prefix: prefix?.unwrap_or_default(),
            expires_in: expires_in?,
            only_for_contact: only_for_contact?.unwrap_or(false),
        })
    }
}

/// Reads the terms of a coupon to generate. Rejects [`PER_COUPON_TERMS`].
fn read_new_terms(field: &Field<'_>, errors: &mut Errors) -> Option<Terms> {
    field.any_object(errors)?;
    let mut document = field.value().cloned().unwrap_or_default();
    for member in PER_COUPON_TERMS.iter().filter(|member| document.get(member).is_some()) {
        field.get(member).reject::<()>(
            "must be absent; a generated coupon has its own code and expiry and can be redeemed once",
            errors,
        );
    }
    if let Value::Object(map) = &mut document {
        map.insert("code".to_owned(), json!("GENERATED"));
        map.insert("max_redemptions".to_owned(), json!(1));
    }
    match input::read(&document, Terms::read) {
        Ok(terms) => Some(terms),
        Err(faults) => {
            for fault in faults {
                field.at(&fault.pointer).reject::<()>(fault.detail, errors);
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
