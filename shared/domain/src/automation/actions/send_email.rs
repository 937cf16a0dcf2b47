//! The step `send_email`.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::mail::Mail;
use super::preparation::Preparation;
use super::reader::StepReader;
use super::step_action::{DocumentStep, KindProperties, Reference, RetrySchedule, SampleValues, StepAction};
use super::step_schema::step;
use crate::automation::execution::Outcome;
use crate::automation::template::{OutputKind, StepOutput, body_schema, subject_schema};
use crate::events::event::CouponSnapshot;
use crate::kernel::input::Errors;
use crate::kernel::json_schema::optional;

/// Merge field that always has a value in an e-mail to the contact, because a contact without an
/// address gets no e-mail.
const ADDRESS: &str = "customer.email";

/// Sends an e-mail to the contact. The texts are templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendEmail {
    pub subject: String,
    pub html: Option<String>,
    /// Plain-text body. If absent, the plain-text body is made from the HTML body.
    pub text: Option<String>,
}

impl DocumentStep for SendEmail {
    fn read(step: &mut StepReader<'_, '_, '_>, errors: &mut Errors) -> Option<Self> {
        step.needs_contact();
        step.members(&["subject", "html", "text"], errors)?;
        step.context.scope.set_may_be_missing(ADDRESS, false);
        let subject = step.line("subject", errors);
        let html = step.get("html").optional(errors, |_, errors| step.body("html", errors));
        let text = step.get("text").optional(errors, |_, errors| step.body("text", errors));
        step.context.scope.set_may_be_missing(ADDRESS, true);
        let (subject, html, text) = (subject?, html?, text?);
        if html.is_none() && text.is_none() {
            return step.get("html").reject("is required if text is absent", errors);
        }
        Some(Self { subject, html, text })
    }

    fn schemas(kind: &str) -> Vec<Value> {
        let (subject, html, text) = (subject_schema(), body_schema("HTML body."), body_schema("Plain-text body."));
        let with = |title: &str, required: &str, html: Value, text: Value| {
            let members = [("subject", subject.clone()), ("html", html), ("text", text)];
            step(title, kind, "Sends an e-mail to the contact.", &["subject", required], &members)
        };
        vec![
            with("SendHtmlEmailStep", "html", html.clone(), optional(text.clone())),
            with("SendTextEmailStep", "text", optional(html), text),
        ]
    }
}

impl StepAction for SendEmail {
    const PROPERTIES: KindProperties =
        KindProperties { is_repeatable: false, listens: false, retries: RetrySchedule::Backoff, outputs: &[] };

    type Effect = Mail;

    fn gates_later_steps(&self) -> bool {
        false
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

    fn prepare(&self, preparation: &Preparation<'_>) -> Result<Mail, Outcome> {
        let contact = preparation.contact()?;
        let skipped = |why: &str| Outcome::Skipped(why.to_owned());
        let email = contact.email.clone().ok_or_else(|| skipped("the contact has no e-mail address"))?;
        if contact.consent.is_withdrawn() {
            return Err(skipped("the contact has unsubscribed"));
        }
        let (zone, now) = (contact.time_zone.as_ref(), preparation.now);
        let opens_at = preparation.settings.message_window.as_ref().map(|window| window.opens_at(zone, now));
        if let Some(instant) = opens_at.filter(|opens_at| *opens_at > now) {
            let why = "outside the workflow's message window".to_owned();
            return Err(Outcome::NotBefore { instant, why, is_slot: false });
        }
        let body = |body: &Option<String>, kind| body.as_deref().map(|body| preparation.render(body, kind)).transpose();
        Ok(Mail {
            to: vec![email],
            subject: preparation.render(&self.subject, OutputKind::Line)?,
            html: body(&self.html, OutputKind::Html)?,
            text: body(&self.text, OutputKind::Text)?,
            to_contact: true,
        })
    }
}
