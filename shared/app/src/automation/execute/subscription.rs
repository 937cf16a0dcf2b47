//! Subscriptions of an execution to signals of its contact, its order and its customer id.

use couponflow_domain::automation::execution::Execution;
use couponflow_domain::automation::workflow::Definition;

use crate::automation::ports::AutomationStore;
use crate::kernel::error::StoreError;

/// Subscribes an execution to its contact, its order and its customer id.
pub(in crate::automation) async fn subscribe(
    store: &impl AutomationStore,
    execution: &Execution,
) -> Result<(), StoreError> {
    if let Some(contact) = &execution.contact {
        store.listen(contact, &execution.id).await?;
    }
    store.listen_by_key(&execution.correlation_keys(), &execution.id).await
}

/// Ends all subscriptions of an execution. A no-op if the execution never subscribed.
pub(super) async fn stop_listening(
    store: &impl AutomationStore,
    workflow: &Definition,
    execution: &Execution,
) -> Result<(), StoreError> {
    let has_listened = workflow.listens_throughout() || execution.steps.iter().any(|step| step.has_listened());
    match has_listened {
        true => unsubscribe(store, execution).await,
        false => Ok(()),
    }
}

/// Ends all subscriptions of an execution: to its contact, its order and its customer id.
pub(super) async fn unsubscribe(store: &impl AutomationStore, execution: &Execution) -> Result<(), StoreError> {
    if let Some(contact) = &execution.contact {
        store.stop_listening(contact, &execution.id).await?;
    }
    store.stop_listening_by_key(&execution.correlation_keys(), &execution.id).await
}
