//! Notifies executions of events and of changes to their contact.

use std::collections::BTreeSet;

use couponflow_domain::automation::execution::{Execution, Signal};
use couponflow_domain::automation::filter::Subject;
use couponflow_domain::automation::workflow::{Definition, Observed};
use couponflow_domain::contacts::contact::Contact;
use couponflow_domain::events::event::CorrelationKey;
use couponflow_domain::kernel::ids::ExecutionId;

use super::retry_budget::MAX_CONFLICT_RETRIES;
use super::subscription::unsubscribe;
use super::wake::wake;
use super::workflow_version::version_of;
use crate::automation::ports::AutomationStore;
use crate::kernel::error::StoreError;
use crate::kernel::system::{Clock, Rng};

/// Notifies every execution that waits for a signal from the contact. If the signal changes an
/// execution, one transaction saves the execution's next state and a timer that is due at once.
/// Therefore the execution continues even if this call dies. Idempotent.
///
/// # Errors
/// Returns the first error if a notification fails. Notifies the other executions even after an
/// error.
pub async fn notify(
    store: &impl AutomationStore,
    system: &(impl Clock + Rng),
    contact: &Contact,
    signal: Signal<'_>,
) -> Result<(), StoreError> {
    let mut outcome = Ok(());
    for id in &contact.listening {
        let notified = notify_one(store, system, Some(contact), &BTreeSet::new(), id, signal).await;
        outcome = outcome.and(notified);
    }
    outcome
}

/// Notifies every execution that waits for a signal from the event's contact, or for an event with
/// its order id or customer id, like [`notify`]. The order id finds an execution even if the
/// customer paid with another e-mail address.
///
/// # Errors
/// Returns the first error if a notification fails. Notifies the other executions even after an
/// error.
pub(super) async fn notify_event(
    store: &impl AutomationStore,
    system: &(impl Clock + Rng),
    subject: Subject<'_>,
    contact: Option<&Contact>,
    keys: &BTreeSet<CorrelationKey>,
) -> Result<(), StoreError> {
    let mut listening = store.listeners(keys).await?;
    listening.extend(contact.into_iter().flat_map(|contact| contact.listening.iter().cloned()));
    let signal = Signal { observed: Observed::Event(subject), occurred_at: subject.event.metadata.occurred_at };
    let mut outcome = Ok(());
    for id in &listening {
        let notified = notify_one(store, system, contact, keys, id, signal).await;
        outcome = outcome.and(notified);
    }
    outcome
}

/// Notifies an execution of events that it may have missed. Reads these events from the event log:
/// events that were handled before the execution subscribed, and events that have not been handled
/// yet. Returns `None` if another writer changed the execution.
///
/// # Errors
/// Returns an error if the store fails.
pub(super) async fn catch_up(
    store: &impl AutomationStore,
    system: &(impl Clock + Rng),
    workflow: &Definition,
    execution: Execution,
) -> Result<Option<Execution>, StoreError> {
    let keys = execution.correlation_keys();
    if execution.contact.is_none() && keys.is_empty() {
        return Ok(Some(execution));
    }
    let own = &execution.event.metadata;
    let mut events = store.events_of(execution.contact.as_ref(), &keys, own.occurred_at).await?;
    events.retain(|event| *event.id() != own.event_id);
    if events.is_empty() {
        return Ok(Some(execution));
    }
    let contact = match &execution.contact {
        Some(id) => store.contact(id).await?,
        None => None,
    };
    let tags = contact.as_ref().map(|contact| &contact.tags);
    for event in &events {
        let observed = Observed::Event(Subject { event, tags });
        let signal = Signal { observed, occurred_at: event.metadata.occurred_at };
        if let Some(next) = execution.notify(workflow, signal, system.now()) {
            return Ok(store.save(&next, None).await?.then_some(next));
        }
    }
    Ok(Some(execution))
}

async fn notify_one(
    store: &impl AutomationStore,
    system: &(impl Clock + Rng),
    contact: Option<&Contact>,
    keys: &BTreeSet<CorrelationKey>,
    id: &ExecutionId,
    signal: Signal<'_>,
) -> Result<(), StoreError> {
    for _ in 0..MAX_CONFLICT_RETRIES {
        let execution = match store.execution(id).await? {
            Some(execution) if execution.status.is_over() => return unsubscribe(store, &execution).await,
            Some(execution) => execution,
            None => {
                if let Some(contact) = contact {
                    store.stop_listening(&contact.id, id).await?;
                }
                return store.stop_listening_by_key(keys, id).await;
            }
        };
        let workflow = version_of(store, &execution).await?;
        let now = system.now();
        // Filters test the tags of the execution's contact, but the event can belong to another
        // contact.
        let waits = match &execution.contact {
            Some(id) if contact.is_none_or(|contact| contact.id != *id) => store.contact(id).await?,
            _ => None,
        };
        let signal = match signal.observed {
            Observed::Event(Subject { event, tags }) => {
                let tags = waits.as_ref().map(|contact| &contact.tags).or(tags);
                Signal { observed: Observed::Event(Subject { event, tags }), ..signal }
            }
            Observed::Change(_) => signal,
        };
        let Some(next) = execution.notify(&workflow.definition, signal, now) else { return Ok(()) };
        let timer = (!next.status.is_over()).then(|| wake(&next, now));
        if store.save(&next, timer.as_ref()).await? {
            return Ok(());
        }
    }
    Err(StoreError::Busy { doing: "notifying an execution" })
}
