//! E-mails to the contact or to the tenant's own staff.

use couponflow_domain::automation::actions::Mail;
use couponflow_domain::automation::execution::Outcome;
use couponflow_domain::contacts::contact::unsubscribe_url;
use couponflow_domain::kernel::personal::PersonalText;

use super::prediction::{PlannedEffect, Prediction};
use super::send_slots::reserve_send_slots;
use super::step_run::StepRun;
use crate::automation::ports::AutomationStore;
use crate::delivery::mail::{Draft, deliver, suppression_reason};
use crate::delivery::ports::Outbound;
use crate::kernel::error::StoreError;
use crate::kernel::system::{Clock, Rng};

pub(super) async fn perform<S: AutomationStore, O: Outbound, E: Clock + Rng>(
    run: &StepRun<'_, S, O, E>,
    mail: Mail,
) -> Result<Outcome, StoreError> {
    let Mail { to, subject, html, text, to_contact } = mail;
    if let Some(outcome) = reserve_send_slots(run, to.len()).await? {
        return Ok(outcome);
    }
    let tenant = run.tenant();
    let contact = run.contact.filter(|_| to_contact);
    let unsubscribe_url = contact.map(|contact| unsubscribe_url(run.outbound.public_url(), tenant, contact));
    let draft = Draft {
        to,
        subject,
        html,
        text,
        unsubscribe_url: unsubscribe_url.map(PersonalText::from),
        tenant: tenant.clone(),
        execution_id: run.execution.id.clone(),
        step_id: run.step.id.clone(),
        to_contact,
    };
    deliver(run.store, run.outbound, draft).await
}

pub(super) async fn predict<S: AutomationStore>(
    prediction: &Prediction<'_, S>,
    planned: &PlannedEffect<'_>,
    mail: &Mail,
) -> Result<Outcome, StoreError> {
    let suppressed = match mail.to_contact {
        true => suppression_reason(prediction.store, &mail.to).await?,
        false => None,
    };
    Ok(suppressed.map_or_else(|| planned.done(), Outcome::Skipped))
}
