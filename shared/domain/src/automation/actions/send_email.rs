//! The step `send_email`.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::awaited::Awaited;
use super::mail::Mail;
use super::preparation::Preparation;
use super::reader::StepReader;
use super::step_action::{DocumentStep, KindProperties, Reference, RetrySchedule, SampleValues, StepAction};
use super::step_contents::StepContents;
use super::step_schema::step;
use crate::automation::execution::Outcome;
use crate::automation::template::{OutputKind, StepOutput, UNSUBSCRIBE_URL, body_schema, subject_schema};
use crate::contacts::contact::ConsentState;
use crate::events::event::CouponSnapshot;
use crate::kernel::input::{Errors, Field};
use crate::kernel::json_schema::optional;

/// Merge field that always has a value in an e-mail to the contact, because a contact without an
/// address gets no e-mail.
const ADDRESS: &str = "customer.email";

/// Reason why the step is skipped for an unverified customer.
const UNVERIFIED: &str = "the customer is unverified: only requests with a storefront key, which anyone can use, \
                          have named the customer; set to_unverified to true to send anyway";

/// Warning about an HTML body without a visible link for unsubscribing.
const NO_UNSUBSCRIBE_LINK: &str = "has no {{unsubscribe_url}}: marketing e-mails need a visible link by which the contact \
                                   unsubscribes, such as <a href=\"{{unsubscribe_url}}\">Unsubscribe</a>";

/// Warning about a step that does not say whether unverified customers get the e-mail.
const UNVERIFIED_ADVICE: &str = "is not set, so the step is skipped for customers that only a storefront key has \
                                 stated; set it to true to send to them too, or to false to accept this";

/// Sends an e-mail to the contact. The texts are templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendEmail {
    pub subject: String,
    pub html: Option<String>,
    /// Plain-text body. If absent, the plain-text body is made from the HTML body.
    pub text: Option<String>,
    /// Whether the e-mail is also sent to a customer whom only requests with a `storefront` key have named.
    pub to_unverified: bool,
}

impl DocumentStep for SendEmail {
    const CONTENTS: StepContents = StepContents::NONE;

    fn read(step: &mut StepReader<'_, '_, '_>, errors: &mut Errors) -> Option<Self> {
        step.needs_contact();
        step.members(&["subject", "html", "text", "to_unverified"], errors)?;
        step.context.scope.set_may_be_missing(ADDRESS, false);
        step.context.scope.add_unsubscribe_url();
        let subject = step.line("subject", errors);
        let html = step.get("html").optional(errors, |_, errors| step.body("html", errors));
        let text = step.get("text").optional(errors, |_, errors| step.body("text", errors));
        step.context.scope.set_may_be_missing(ADDRESS, true);
        step.context.scope.remove_unsubscribe_url();
        let to_unverified = step.get("to_unverified").optional(errors, Field::boolean)?;
        if to_unverified.is_none() && step.may_be_unverified() {
            step.warning(&step.get("to_unverified"), UNVERIFIED_ADVICE.to_owned());
        }
        let (subject, html, text) = (subject?, html?, text?);
        if html.as_ref().is_some_and(|html| !html.contains(UNSUBSCRIBE_URL)) {
            step.warning(&step.get("html"), NO_UNSUBSCRIBE_LINK.to_owned());
        }
        if html.is_none() && text.is_none() {
            return step.get("html").reject("is required if text is absent", errors);
        }
        Some(Self { subject, html, text, to_unverified: to_unverified.unwrap_or(false) })
    }

    fn schemas(kind: &str) -> Vec<Value> {
        let (subject, html, text) = (subject_schema(), body_schema("HTML body."), body_schema("Plain-text body."));
        let with = |title: &str, required: &str, html: Value, text: Value| {
            let description = "Whether the e-mail is also sent to a customer whom only requests with a `storefront` \
                               key have named. Anyone can use that key, with any address.";
            let to_unverified = optional(json!({"type": "boolean", "default": false, "description": description}));
            let members =
                [("subject", subject.clone()), ("html", html), ("text", text), ("to_unverified", to_unverified)];
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

    fn prepare(&self, preparation: &Preparation<'_>) -> Result<Mail, Outcome> {
        let contact = preparation.contact()?;
        let skipped = |why: &str| Outcome::Skipped(why.to_owned());
        let email = contact.email.clone().ok_or_else(|| skipped("the contact has no e-mail address"))?;
        if !self.to_unverified && !preparation.is_recipient_verified(contact) {
            return Err(skipped(UNVERIFIED));
        }
        if contact.consent.is_withdrawn() {
            return Err(skipped("the contact has unsubscribed"));
        }
        if preparation.settings.opt_in_required && contact.consent.email != ConsentState::Granted {
            return Err(skipped("the contact has not granted consent, which the workflow's opt_in_required demands"));
        }
        let (zone, now) = (contact.time_zone.as_ref(), preparation.now);
        let opens_at = preparation.settings.message_window.as_ref().map(|window| window.opens_at(zone, now));
        if let Some(instant) = opens_at.filter(|opens_at| *opens_at > now) {
            let why = "outside the workflow's message window".to_owned();
            return Err(Outcome::NotBefore { instant, why, slot_of: None });
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::automation::workflow::Definition;
    use crate::delivery::webhook::UrlPolicy;

    fn warned(trigger: &str, steps: Value) -> Vec<String> {
        let document = json!({"name": "w", "trigger": {"type": trigger}, "steps": steps});
        let reviewed = Definition::review(&document, UrlPolicy::Public).unwrap();
        reviewed.warnings.into_iter().map(|warning| warning.pointer).collect()
    }

    #[test]
    fn step_without_to_unverified_gets_a_warning_if_a_browser_can_state_the_customer() {
        let mail = json!({"id": "mail", "type": "send_email", "subject": "s", "text": "t"});
        let decided = |to_unverified: bool| {
            let mut mail = mail.clone();
            mail["to_unverified"] = json!(to_unverified);
            mail
        };
        assert_eq!(warned("coupon_applied", json!([mail])), ["/steps/0/to_unverified"]);
        assert!(warned("coupon_redeemed", json!([mail])).is_empty());
        for decision in [true, false] {
            assert!(warned("coupon_applied", json!([decided(decision)])).is_empty());
        }
        let each =
            json!([{"id": "each", "type": "for_each_contact", "audience": {"type": "redeemed"}, "steps": [mail]}]);
        assert_eq!(warned("coupon_expired", each), ["/steps/0/steps/0/to_unverified"]);
    }
}
