//! E-mails to the contact or to the tenant's own staff.

use couponflow_domain::automation::actions::Mail;
use couponflow_domain::automation::execution::Outcome;
use couponflow_domain::automation::template::UNSUBSCRIBE_PLACEHOLDER;
use couponflow_domain::contacts::contact::unsubscribe_url;
use couponflow_domain::kernel::personal::PersonalText;

use super::prediction::{PlannedEffect, Prediction};
use super::send_slots::{ask_again, reserve_send_slots};
use super::step_run::StepRun;
use crate::automation::ports::AutomationStore;
use crate::delivery::mail::{Draft, deliver, permitted_recipients};
use crate::delivery::ports::Outbound;
use crate::kernel::error::StoreError;
use crate::kernel::system::{Clock, Rng};

pub(super) async fn perform<S: AutomationStore, O: Outbound, E: Clock + Rng>(
    run: &StepRun<'_, S, O, E>,
    mail: Mail,
) -> Result<Outcome, StoreError> {
    let Mail { to, subject, html, text, to_contact } = mail;
    // A message that is not sent must not take a slot of the rate limit.
    let to = match permitted_recipients(run.store, to, to_contact).await? {
        Ok(to) => to,
        Err(why) => return Ok(Outcome::Skipped(why)),
    };
    if let Some(pause) = run.store.mail_pause().await? {
        return Ok(ask_again(run, &format!("the shop's e-mail is paused: {}", pause.reason.explain())));
    }
    if let Some(outcome) = reserve_send_slots(run, to.len()).await? {
        return Ok(outcome);
    }
    let tenant = run.tenant();
    let contact = run.contact.filter(|_| to_contact);
    let unsubscribe_url = contact.map(|contact| unsubscribe_url(run.outbound.public_url(), tenant, contact));
    let with_link = |text: Option<PersonalText>| match &unsubscribe_url {
        Some(url) => text.map(|text| PersonalText::from(text.as_str().replace(UNSUBSCRIBE_PLACEHOLDER, url))),
        None => text,
    };
    let draft = Draft {
        to,
        subject,
        html: with_link(html),
        text: with_link(text),
        unsubscribe_url: unsubscribe_url.map(PersonalText::from),
        tenant: tenant.clone(),
        execution_id: run.execution.id.clone(),
        step_id: run.step.id.clone(),
    };
    deliver(run.store, run.outbound, draft).await
}

pub(super) async fn predict<S: AutomationStore>(
    prediction: &Prediction<'_, S>,
    planned: &PlannedEffect<'_>,
    mail: &Mail,
) -> Result<Outcome, StoreError> {
    let permitted = permitted_recipients(prediction.store, mail.to.clone(), mail.to_contact).await?;
    Ok(permitted.map_or_else(Outcome::Skipped, |_| planned.done()))
}
