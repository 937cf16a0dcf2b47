//! E-mails to the contact or to the tenant's own staff.

use chrono::{DateTime, Utc};
use couponflow_domain::automation::actions::Mail;
use couponflow_domain::automation::execution::Outcome;
use couponflow_domain::automation::template::UNSUBSCRIBE_PLACEHOLDER;
use couponflow_domain::contacts::contact::unsubscribe_url;
use couponflow_domain::delivery::recipient::NOT_CONFIRMED;
use couponflow_domain::kernel::personal::PersonalText;
use couponflow_domain::purchases::customer::Email;
use futures_util::future::join_all;

use super::prediction::{PlannedEffect, Prediction};
use super::send_slots::{ask_again, reserve_send_slots};
use super::step_run::StepRun;
use crate::automation::ports::AutomationStore;
use crate::delivery::mail::{Draft, deliver, permitted_recipients};
use crate::delivery::ports::Outbound;
use crate::delivery::recipients::{Recipients, ask, sort};
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
    let Recipients { confirmed: to, to_ask } = recipients_of(run.store, to, to_contact, run.system.now()).await?;
    if to.is_empty() && to_ask.is_empty() {
        return Ok(Outcome::Skipped(NOT_CONFIRMED.to_owned()));
    }
    if let Some(pause) = run.store.mail_pause().await? {
        return Ok(ask_again(run, &format!("the shop's e-mail is paused: {}", pause.reason.explain())));
    }
    if let Some(outcome) = reserve_send_slots(run, to.len() + to_ask.len()).await? {
        return Ok(outcome);
    }
    let tenant = run.tenant();
    let purpose = (tenant, &run.execution.id);
    let asked = to_ask.into_iter().map(|email| ask(run.store, run.outbound, run.system, purpose, email));
    let failed = join_all(asked).await.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().next();
    if to.is_empty() {
        return Ok(failed.unwrap_or_else(|| Outcome::Skipped(NOT_CONFIRMED.to_owned())));
    }
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
    Ok(match permitted {
        Err(why) => Outcome::Skipped(why),
        Ok(to) => match recipients_of(prediction.store, to, mail.to_contact, planned.now).await?.confirmed.is_empty() {
            true => Outcome::Skipped(NOT_CONFIRMED.to_owned()),
            false => planned.done(),
        },
    })
}

/// Sorts the recipients. The event's contact needs no confirmation, because the contact's consent decides.
async fn recipients_of<S: AutomationStore>(
    store: &S,
    to: Vec<Email>,
    to_contact: bool,
    now: DateTime<Utc>,
) -> Result<Recipients, StoreError> {
    match to_contact {
        true => Ok(Recipients { confirmed: to, to_ask: Vec::new() }),
        false => sort(store, to, now).await,
    }
}
