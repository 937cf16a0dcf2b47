//! Operations on an execution. Operators and steps of other workflows use these operations.

use couponflow_domain::automation::execution::{Execution, ExecutionStatus};
use couponflow_domain::kernel::ids::ExecutionId;

use super::retry_budget::MAX_CONFLICT_RETRIES;
use super::save::save;
use crate::automation::ports::AutomationStore;
use crate::kernel::error::StoreError;
use crate::kernel::system::{Clock, Rng};

/// Outcome of an operation on an execution.
#[derive(Debug, Clone, PartialEq)]
pub enum OperationOutcome {
    /// The operation was applied. Holds the changed execution.
    Done(Box<Execution>),
    /// The execution was already in the requested state. Holds the unchanged execution.
    Unchanged(Box<Execution>),
    /// The execution's current state does not permit the operation. Holds the unchanged execution.
    NotAllowed(Box<Execution>),
    NotFound,
}

/// Cancels an execution. No further step starts. A running step finishes, and its outcome is recorded. A no-op if the
/// execution is already cancelled.
///
/// # Errors
/// Returns an error if the store fails, or if every attempt conflicts with a concurrent write.
pub async fn cancel(
    store: &impl AutomationStore,
    system: &(impl Clock + Rng),
    id: &ExecutionId,
    why: &str,
) -> Result<OperationOutcome, StoreError> {
    Ok(match operate(store, id, |execution| execution.cancel(why, system.now())).await? {
        OperationOutcome::NotAllowed(execution) if execution.status == ExecutionStatus::Cancelled => {
            OperationOutcome::Unchanged(execution)
        }
        outcome => outcome,
    })
}

/// Retries a failed execution from the step that failed.
///
/// # Errors
/// Returns an error if the store fails, or if every attempt conflicts with a concurrent write.
pub async fn retry(
    store: &impl AutomationStore,
    system: &(impl Clock + Rng),
    id: &ExecutionId,
) -> Result<OperationOutcome, StoreError> {
    operate(store, id, |execution| execution.retry(system.now())).await
}

async fn operate(
    store: &impl AutomationStore,
    id: &ExecutionId,
    change: impl Fn(&Execution) -> Option<Execution>,
) -> Result<OperationOutcome, StoreError> {
    for _ in 0..MAX_CONFLICT_RETRIES {
        let Some(execution) = store.execution(id).await? else { return Ok(OperationOutcome::NotFound) };
        let Some(next) = change(&execution) else { return Ok(OperationOutcome::NotAllowed(Box::new(execution))) };
        if save(store, &next).await? {
            return Ok(OperationOutcome::Done(Box::new(next)));
        }
    }
    Err(StoreError::Busy { doing: "updating an execution that keeps changing" })
}
