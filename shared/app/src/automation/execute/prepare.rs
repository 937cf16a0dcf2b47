//! Prepares a step. For a step with an effect, decides and renders the effect. For a step without
//! an effect, determines the outcome. Preparing a step changes nothing, so dry runs also use this
//! module.

use chrono::{DateTime, Utc};
use couponflow_domain::automation::execution::{Execution, Outcome, StepStatus};
use couponflow_domain::automation::filter::Subject;
use couponflow_domain::automation::template::{Context, Format, OutputKind, TemplateError, render, render_json};
use couponflow_domain::automation::workflow::{
    Action, Body, Definition, MAX_WAIT, NotMet, Notification, Step, Wait, WaitCondition,
};
use couponflow_domain::contacts::contact::Contact;
use couponflow_domain::coupons::coupon::{CouponAction, State};
use couponflow_domain::kernel::digest::bits80;
use couponflow_domain::kernel::instants::{ZoneName, parse_instant};
use couponflow_domain::kernel::locale::Locale;
use serde_json::{Map, json};

use super::effect::Effect;

/// Reason why a step that needs a contact is skipped.
const NO_CUSTOMER: &str = "the event names no customer";

/// Result of preparing a step.
#[derive(Debug, Clone, PartialEq)]
pub enum Prepared {
    /// Perform this effect.
    Effect(Box<Effect>),
    /// The step has no effect. Holds the outcome of the step.
    Settled(Outcome),
}

/// Prepares a step of an execution for the current state of its contact.
pub fn prepare(
    execution: &Execution,
    workflow: &Definition,
    step: &Step,
    contact: Option<&Contact>,
    now: DateTime<Utc>,
) -> Prepared {
    let preparing = Preparing { execution, workflow, contact, now };
    match preparing.step(step) {
        Ok(effect) => Prepared::Effect(Box::new(effect)),
        Err(outcome) => Prepared::Settled(outcome),
    }
}

struct Preparing<'a> {
    execution: &'a Execution,
    workflow: &'a Definition,
    contact: Option<&'a Contact>,
    now: DateTime<Utc>,
}

impl Preparing<'_> {
    /// Returns the effect of a step, or the outcome of a step without an effect.
    fn step(&self, step: &Step) -> Result<Effect, Outcome> {
        let change = |id: &Option<_>, action| {
            let coupon_id = id.clone().unwrap_or_else(|| self.execution.coupon_id().clone());
            Effect::ChangeCoupon { coupon_id, action }
        };
        match &step.action {
            Action::ChangeSet(change) => self.contact().map(|_| Effect::ChangeSet(change.clone())),
            Action::SendEmail { subject, html, text } => self.mail(subject, html.as_deref(), text.as_deref()),
            Action::Notify(notification) => self.notification(notification),
            Action::Webhook { url, body } => {
                let content_type = body.content_type();
                Ok(Effect::Webhook { url: url.clone(), content_type, body: self.webhook_body(body)? })
            }
            Action::PauseCoupon { coupon_id: id } => Ok(change(id, CouponAction::Switch(State::Paused))),
            Action::ReplaceWithBackupCoupon => {
                Ok(Effect::ActivateBackup { coupon_id: self.execution.coupon_id().clone() })
            }
            Action::GenerateCoupon(new) if new.only_for_contact => {
                self.contact().map(|_| Effect::Generate(new.clone()))
            }
            Action::GenerateCoupon(new) => Ok(Effect::Generate(new.clone())),
            Action::ExtendCoupon { coupon_id: id, by } => Ok(change(id, CouponAction::Extend(*by))),
            Action::RaiseLimit { coupon_id: id, by } => Ok(change(id, CouponAction::RaiseLimit(*by))),
            Action::StartWorkflow { workflow_id } => Ok(Effect::Start(workflow_id.clone())),
            Action::StopWorkflow { workflow_id: None } => Err(Outcome::End("stopped by this step".to_owned())),
            Action::StopWorkflow { workflow_id: Some(id) } if *id == self.execution.workflow_id => {
                Err(Outcome::End("stopped by this step".to_owned()))
            }
            Action::StopWorkflow { workflow_id: Some(id) } => self.contact().map(|_| Effect::Stop(id.clone())),
            Action::Wait(wait) => Err(self.wait(wait)),
            // Without a contact or an order, the execution cannot observe events, but the timeout still applies.
            Action::WaitForEvent { timeout, .. } => Ok(Effect::Listen { until: self.started_at() + *timeout }),
            Action::Goal { if_not_met, condition } => match if_not_met {
                NotMet::Continue => Err(Outcome::Skipped("the goal was not met; continuing".to_owned())),
                NotMet::End => Err(Outcome::End("the goal was not met".to_owned())),
                NotMet::Wait => {
                    self.check_observable(condition)?;
                    Err(Outcome::ListenUntil(self.started_at() + MAX_WAIT))
                }
            },
            Action::Branch { filters, .. } => {
                let event = self.execution.event();
                let subject = Subject { event: &event, tags: self.contact.map(|contact| &contact.tags) };
                Err(match filters.iter().position(|filter| filter.matches(subject)) {
                    Some(way) => Outcome::TookBranch(way, format!("branch {}", way + 1)),
                    None => Outcome::TookBranch(filters.len(), "else".to_owned()),
                })
            }
            Action::RandomSplit { weights, .. } => {
                let who = self.execution.contact.as_ref().map_or(self.execution.id.key(), |contact| contact.key());
                let draw = bits80(&[self.execution.workflow_id.as_str(), &step.id, who]);
                let draw = draw.iter().take(8).fold(0, |draw, byte| draw << 8 | u64::from(*byte));
                let way = Action::pick_branch(weights, draw);
                Err(Outcome::TookBranch(way, format!("branch {}", way + 1)))
            }
            Action::ForEachContact { audience, first } => {
                Ok(Effect::ForEach { audience: audience.clone(), first: *first })
            }
            Action::Alert { to } => Ok(self.alert(to)),
        }
    }

    fn contact(&self) -> Result<&Contact, Outcome> {
        self.contact.ok_or_else(|| Outcome::Skipped(NO_CUSTOMER.to_owned()))
    }

    /// Checks that the execution can observe the condition. An execution observes signals through
    /// its contact. An execution without a contact observes events through its correlation keys
    /// (order id, customer id).
    fn check_observable(&self, condition: &WaitCondition) -> Result<(), Outcome> {
        let has_order = self.execution.contact.is_none() && !self.execution.correlation_keys().is_empty();
        match condition {
            WaitCondition::Event { .. } if has_order => Ok(()),
            WaitCondition::Event { .. } | WaitCondition::Change(_) => self.contact().map(|_| ()),
        }
    }

    /// Returns when the execution reached this step.
    fn started_at(&self) -> DateTime<Utc> {
        self.execution.current().map_or(self.now, |record| record.started_at)
    }

    fn webhook_body(&self, body: &Body) -> Result<String, Outcome> {
        match body {
            Body::Event => Ok(self.envelope()),
            Body::Json(template) => self.rendered(|context| Ok(render_json(template, context)?.to_string())),
            Body::Text(source) => self.render(source, OutputKind::Text),
            Body::JsonText(source) => {
                let text = self.render(source, OutputKind::Text)?;
                // A workflow that was saved before the check `prove_json` was introduced can render
                // to invalid JSON.
                match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
                    Ok(_) => Ok(text),
                    Err(error) => Err(Outcome::Failed(format!(
                        "the body starts like JSON but is not valid JSON: {error}; write a JSON value, or use |tojson"
                    ))),
                }
            }
        }
    }

    fn render(&self, source: &str, form: OutputKind) -> Result<String, Outcome> {
        self.rendered(|context| render(source, form, context))
    }

    /// Renders a template with the merge fields of this execution. The step is skipped if a field
    /// that the template uses has no value.
    fn rendered<T>(&self, render: impl FnOnce(&Context) -> Result<T, TemplateError>) -> Result<T, Outcome> {
        // A locale without formatting data is treated as unknown.
        let locale = self.contact.and_then(|contact| Locale::parse(contact.locale.as_deref()?).ok());
        let zone = self.contact.and_then(|contact| contact.time_zone.clone());
        let format = Format {
            locale: locale.or_else(|| self.workflow.settings.locale.clone()).unwrap_or_default(),
            zone: zone.or_else(|| self.workflow.settings.time_zone.clone()).unwrap_or_default(),
        };
        let event = self.execution.event();
        let named = event.data.customer.as_ref();
        let person = self.contact.map(|contact| contact.merge_customer(named)).or_else(|| named.cloned());
        let context = Context::new(&event, person.as_ref(), &self.execution.outputs(), &format);
        render(&context).map_err(|error| match error {
            TemplateError::Missing(_) => Outcome::Skipped(error.to_string()),
            TemplateError::Invalid(_) | TemplateError::UnknownField { .. } | TemplateError::TooLong { .. } => {
                Outcome::Failed(error.to_string())
            }
        })
    }

    fn mail(&self, subject: &str, html: Option<&str>, text: Option<&str>) -> Result<Effect, Outcome> {
        let contact = self.contact()?;
        let skipped = |why: &str| Outcome::Skipped(why.to_owned());
        let email = contact.email.clone().ok_or_else(|| skipped("the contact has no e-mail address"))?;
        if contact.consent.is_withdrawn() {
            return Err(skipped("the contact has unsubscribed"));
        }
        let zone = contact.time_zone.as_ref();
        let opens_at = self.workflow.settings.message_window.as_ref().map(|window| window.opens_at(zone, self.now));
        if let Some(instant) = opens_at.filter(|opens_at| *opens_at > self.now) {
            let why = "outside the workflow's message window".to_owned();
            return Err(Outcome::NotBefore { instant, why, is_slot: false });
        }
        Ok(Effect::Mail {
            to: vec![email],
            subject: self.render(subject, OutputKind::Line)?,
            html: html.map(|html| self.render(html, OutputKind::Html)).transpose()?,
            text: text.map(|text| self.render(text, OutputKind::Text)).transpose()?,
            to_contact: true,
        })
    }

    fn notification(&self, notification: &Notification) -> Result<Effect, Outcome> {
        match notification {
            Notification::Email { to, subject, text } => Ok(Effect::Mail {
                to: to.clone(),
                subject: self.render(subject, OutputKind::Line)?,
                html: None,
                text: Some(self.render(text, OutputKind::Text)?),
                to_contact: false,
            }),
            Notification::Slack { url, text } => {
                Ok(Effect::Slack { url: url.clone(), text: self.render(text, OutputKind::Text)? })
            }
            Notification::Topic { topic_arn, subject, text } => Ok(Effect::Topic {
                topic_arn: topic_arn.clone(),
                subject: subject.as_deref().map(|subject| self.render(subject, OutputKind::Line)).transpose()?,
                text: self.render(text, OutputKind::Text)?,
            }),
        }
    }

    fn wait(&self, wait: &Wait) -> Outcome {
        let until = match wait {
            Wait::For(duration) => self.started_at() + *duration,
            Wait::Window(window) => {
                let zone = self.contact.and_then(|contact| contact.time_zone.as_ref());
                window.opens_at(zone, self.now)
            }
            Wait::Until { instant, zone, earlier } => match self.instant(instant, zone.as_ref()) {
                Ok(instant) => instant - *earlier,
                Err(outcome) => return outcome,
            },
        };
        match until {
            until if until <= self.now => Outcome::Completed(Map::new()),
            until => Outcome::WaitUntil(until),
        }
    }

    fn instant(&self, source: &str, zone: Option<&ZoneName>) -> Result<DateTime<Utc>, Outcome> {
        let text = self.render(source, OutputKind::Line)?;
        let text = text.trim();
        if text.is_empty() {
            let why = "the instant to wait until is empty";
            return Err(Outcome::Skipped(why.to_owned()));
        }
        parse_instant(text, zone).map_err(|fault| Outcome::Failed(format!("{text:?} {fault}")))
    }

    /// Returns the event in the same envelope as on the event bus.
    fn envelope(&self) -> String {
        json!({"source": couponflow_domain::events::event::SOURCE, "detail-type": self.execution.event_type.detail_type(),
            "detail": self.execution.event})
        .to_string()
    }

    fn alert(&self, to: &[couponflow_domain::purchases::customer::Email]) -> Effect {
        let failed = self.execution.steps.iter().rev().find(|record| record.status != StepStatus::Running);
        let (step, why) = failed.map_or(("", ""), |record| (&record.id, record.detail.as_deref().unwrap_or_default()));
        let (name, id) = (&self.workflow.name, &self.execution.id);
        let subject = format!("Workflow {name} failed").chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let text = format!(
            "The workflow {name} failed at step {step}: {why}\n\nExecution: {id}\nEvent: {}\n\n\
             To retry from this step: POST /v1/executions/{id}/retry",
            self.execution.event.metadata.event_id
        );
        Effect::Mail { to: to.to_vec(), subject, html: None, text: Some(text), to_contact: false }
    }
}
