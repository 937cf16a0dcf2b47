//! Telling executions what happened to their contact.

use couponflow_domain::contact::Contact;
use couponflow_domain::execution::News;
use couponflow_domain::ids::ExecutionId;
use couponflow_domain::mail_event::MailEvent;

use super::{MOVED_AT_ONCE, version_of, wake};
use crate::error::StoreError;
use crate::ports::{Automation, Environment};

/// Tells every execution that listens for this contact. One that it concerns goes on by a timer that is due at once, set
/// in the same write, so it goes on whatever becomes of this call. Telling again changes nothing more.
///
/// # Errors
/// The first failure; the others are told all the same.
pub async fn tell(
    store: &impl Automation,
    environment: &impl Environment,
    contact: &Contact,
    news: News<'_>,
) -> Result<(), StoreError> {
    let mut outcome = Ok(());
    for id in &contact.listening {
        let told = tell_one(store, environment, contact, id, news).await;
        outcome = outcome.and(told);
    }
    outcome
}

/// Notes in an execution what became of the message of one of its steps. Where it waited for that, it goes on by a timer
/// that is due at once.
///
/// # Errors
/// Where the store fails.
pub async fn settle_mail(
    store: &impl Automation,
    environment: &impl Environment,
    event: &MailEvent,
) -> Result<(), StoreError> {
    for _ in 0..MOVED_AT_ONCE {
        let Some(execution) = store.execution(&event.execution_id).await? else { return Ok(()) };
        let workflow = version_of(store, &execution).await?;
        let now = environment.now();
        let Some(next) = execution.take_mail_event(&workflow.definition, event, now) else { return Ok(()) };
        let goes_on = next.position != execution.position || next.status != execution.status;
        let timer = (goes_on && !next.status.is_over()).then(|| wake(&next, now));
        if store.save(&next, timer.as_ref()).await? {
            return Ok(());
        }
    }
    Err(StoreError::Busy { doing: "noting what became of a mail" })
}

async fn tell_one(
    store: &impl Automation,
    environment: &impl Environment,
    contact: &Contact,
    id: &ExecutionId,
    news: News<'_>,
) -> Result<(), StoreError> {
    for _ in 0..MOVED_AT_ONCE {
        let Some(execution) = store.execution(id).await?.filter(|execution| !execution.status.is_over()) else {
            return store.stop_listening(&contact.id, id).await;
        };
        let workflow = version_of(store, &execution).await?;
        let now = environment.now();
        let Some(next) = execution.hear(&workflow.definition, news, now) else { return Ok(()) };
        let timer = (!next.status.is_over()).then(|| wake(&next, now));
        if store.save(&next, timer.as_ref()).await? {
            return Ok(());
        }
    }
    Err(StoreError::Busy { doing: "telling an execution what happened" })
}
