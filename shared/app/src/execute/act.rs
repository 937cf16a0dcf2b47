//! The effect of one step.

use couponflow_domain::coupon::{Coupon, State, Switch};
use couponflow_domain::customer::Email;
use couponflow_domain::execution::{Execution, Outcome};
use couponflow_domain::ids::{ContactId, CouponId, WorkflowId};
use couponflow_domain::plan::entry;
use couponflow_domain::template::{Context, Form, TemplateError, render};
use couponflow_domain::workflow::{Action, Step};
use serde_json::{Map, json};

use super::timer_of;
use crate::error::StoreError;
use crate::ports::{
    Begun, Contacts, Environment, Executions, Mail, MailError, Mailer, PublishedWorkflows, WriteCoupons,
};

const NOBODY: &str = "the event names no customer";

/// How often a switch is tried again because somebody else changed the coupon in between.
const EDITS_AT_ONCE: usize = 4;

/// Does a step and says what came of it.
///
/// A store that fails leaves it open whether the step was done; trying it again is harmless, since every effect on the
/// store is one that can be repeated.
///
/// # Errors
/// Where the store fails.
pub(super) async fn act(
    store: &(impl Contacts + Executions + PublishedWorkflows + WriteCoupons),
    mailer: &impl Mailer,
    environment: &impl Environment,
    execution: &Execution,
    step: &Step,
) -> Result<Outcome, StoreError> {
    match &step.action {
        Action::AddTag { tag } => tagged(execution, |contact| store.add_tag(contact, tag)).await,
        Action::RemoveTag { tag } => tagged(execution, |contact| store.remove_tag(contact, tag)).await,
        Action::SendEmail { subject, html, text } => {
            let Some(email) = execution.event.data.customer.as_ref().and_then(|customer| customer.email.clone()) else {
                return Ok(Outcome::Skipped("the contact has no e-mail address".into()));
            };
            let rendered = render_mail(execution, step, vec![email], subject, html.as_deref(), text.as_deref());
            Ok(send(mailer, rendered).await)
        }
        Action::NotifyByEmail { to, subject, text } => {
            let rendered = render_mail(execution, step, to.clone(), subject, None, Some(text));
            Ok(send(mailer, rendered).await)
        }
        Action::PauseCoupon { coupon_id } => {
            let id = coupon_id.as_ref().unwrap_or(&execution.event.data.coupon.id);
            switch(store, environment, id, State::Paused).await
        }
        Action::ReplaceWithBackupCoupon => {
            let id = &execution.event.data.coupon.id;
            let backup = store.coupon(id).await?.and_then(|coupon| coupon.terms.backup_coupon_id);
            match backup {
                Some(backup) => switch(store, environment, &backup, State::Active).await,
                None => Ok(Outcome::Skipped("the coupon has no backup coupon".into())),
            }
        }
        Action::StartWorkflow { workflow_id } => start(store, environment, execution, workflow_id).await,
        Action::Wait { duration } => Ok(Outcome::WaitUntil(environment.now() + *duration)),
    }
}

async fn tagged<'a, F>(execution: &'a Execution, tag: impl FnOnce(&'a ContactId) -> F) -> Result<Outcome, StoreError>
where
    F: Future<Output = Result<(), StoreError>>,
{
    match &execution.contact {
        None => Ok(Outcome::Skipped(NOBODY.into())),
        Some(contact) => tag(contact).await.map(|()| Outcome::Completed(Map::new())),
    }
}

fn render_mail(
    execution: &Execution,
    step: &Step,
    to: Vec<Email>,
    subject: &str,
    html: Option<&str>,
    text: Option<&str>,
) -> Result<Mail, TemplateError> {
    let context = Context::new(&execution.event(), &execution.outputs());
    Ok(Mail {
        to,
        subject: render(subject, Form::Line, &context)?,
        html: html.map(|html| render(html, Form::Html, &context)).transpose()?,
        text: text.map(|text| render(text, Form::Text, &context)).transpose()?,
        tag: format!("{}_{}", execution.id, step.id),
    })
}

async fn send(mailer: &impl Mailer, rendered: Result<Mail, TemplateError>) -> Outcome {
    let mail = match rendered {
        Ok(mail) => mail,
        Err(error) => return Outcome::Failed(error.to_string()),
    };
    match mailer.send(&mail).await {
        Ok(()) => Outcome::Completed(Map::new()),
        Err(error @ MailError::Retry(_)) => Outcome::Retry(error.to_string()),
        Err(error @ MailError::Refused(_)) => Outcome::Failed(error.to_string()),
        Err(error @ MailError::Unknown(_)) => Outcome::Unknown(error.to_string()),
    }
}

/// Switches a coupon to active or paused; one that is so already stays so.
async fn switch(
    store: &impl WriteCoupons,
    environment: &impl Environment,
    id: &CouponId,
    to: State,
) -> Result<Outcome, StoreError> {
    for _ in 0..EDITS_AT_ONCE {
        let Some(coupon) = store.coupon(id).await? else {
            return Ok(Outcome::Failed(format!("there is no coupon {id}")));
        };
        let now = environment.now();
        match coupon.switch(to, now) {
            Switch::None => return Ok(Outcome::Completed(named(&coupon))),
            Switch::Refused(status) => {
                return Ok(Outcome::Skipped(format!("coupon {} is {}", coupon.terms.code, status.name())));
            }
            Switch::Needed if store.set_state(&coupon, to, now).await? => {
                return Ok(Outcome::Completed(named(&coupon)));
            }
            Switch::Needed => {}
        }
    }
    Ok(Outcome::Retry("the coupon was being edited".into()))
}

fn named(coupon: &Coupon) -> Map<String, serde_json::Value> {
    Map::from_iter([("coupon_id".to_owned(), json!(coupon.id)), ("code".to_owned(), json!(coupon.terms.code))])
}

/// Starts another workflow for the same event and contact. A timer that is due at once runs it, so that it is as
/// durable as any execution, however long the chain.
async fn start(
    store: &(impl Executions + PublishedWorkflows),
    environment: &impl Environment,
    parent: &Execution,
    workflow_id: &WorkflowId,
) -> Result<Outcome, StoreError> {
    let workflows = store.published().await?;
    let Some(workflow) = workflows.iter().find(|workflow| workflow.id == *workflow_id) else {
        return Ok(Outcome::Skipped(format!("workflow {workflow_id} is not published")));
    };
    let now = environment.now();
    let child = entry(&parent.event(), parent.contact.as_ref(), workflow, now);
    let timer = timer_of(&child.execution, now);
    let started = |id| Outcome::Completed(Map::from_iter([("execution_id".to_owned(), json!(id))]));
    Ok(match store.begin(&child, &timer).await? {
        Begun::New => started(&child.execution.id),
        Begun::Existing(existing) if existing.created_at >= parent.created_at && existing.id != parent.id => {
            started(&existing.id)
        }
        Begun::Existing(_) => Outcome::Skipped("the workflow has already run for this event".into()),
        Begun::EnteredBefore => Outcome::Skipped("the contact has entered this workflow before".into()),
    })
}
