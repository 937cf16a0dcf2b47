//! What operators, and steps of other workflows, do to an execution.

use couponflow_domain::execution::Execution;
use couponflow_domain::ids::ExecutionId;

use super::{MAX_CONFLICT_RETRIES, save};
use crate::error::StoreError;
use crate::ports::{Automation, Clock, Rng};

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Operated {
    /// It is done; this is the execution now.
    Now(Box<Execution>),
    /// It can't be done in the state that the execution is in.
    Refused(Box<Execution>),
    /// There is no such execution.
    NotFound,
}

/// Stops an execution. No step begins after this; one that is under way is finished, and reports.
///
/// # Errors
/// Where the store fails, or the execution moves on too fast.
pub async fn cancel(
    store: &impl Automation,
    system: &(impl Clock + Rng),
    id: &ExecutionId,
    why: &str,
) -> Result<Operated, StoreError> {
    operate(store, id, |execution| execution.cancel(why, system.now())).await
}

/// Has a failed execution tried again from the step that failed.
///
/// # Errors
/// Where the store fails, or the execution moves on too fast.
pub async fn retry(
    store: &impl Automation,
    system: &(impl Clock + Rng),
    id: &ExecutionId,
) -> Result<Operated, StoreError> {
    operate(store, id, |execution| execution.retry(system.now())).await
}

async fn operate(
    store: &impl Automation,
    id: &ExecutionId,
    change: impl Fn(&Execution) -> Option<Execution>,
) -> Result<Operated, StoreError> {
    for _ in 0..MAX_CONFLICT_RETRIES {
        let Some(execution) = store.execution(id).await? else { return Ok(Operated::NotFound) };
        let Some(next) = change(&execution) else { return Ok(Operated::Refused(Box::new(execution))) };
        if save(store, &next).await? {
            return Ok(Operated::Now(Box::new(next)));
        }
    }
    Err(StoreError::Busy { doing: "changing an execution that keeps moving on" })
}
