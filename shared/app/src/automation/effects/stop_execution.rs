//! Cancellation of the contact's execution of another workflow.

use couponflow_domain::automation::actions::StopExecution;
use couponflow_domain::automation::execution::Outcome;
use serde_json::{Map, json};

use super::prediction::{PlannedEffect, Prediction};
use super::step_run::StepRun;
use crate::automation::execute::{OperationOutcome, cancel};
use crate::automation::ports::AutomationStore;
use crate::delivery::ports::Outbound;
use crate::kernel::error::StoreError;
use crate::kernel::system::{Clock, Rng};

/// Reason why the step is skipped if the contact has no active execution.
const NOTHING_TO_STOP: &str = "the contact has no active execution of that workflow";

pub(super) async fn perform<S: AutomationStore, O: Outbound, E: Clock + Rng>(
    run: &StepRun<'_, S, O, E>,
    StopExecution { workflow_id }: &StopExecution,
) -> Result<Outcome, StoreError> {
    let nothing = || Outcome::Skipped(NOTHING_TO_STOP.to_owned());
    let Some(contact) = &run.execution.contact else { return Ok(nothing()) };
    let Some(id) = run.store.entered(workflow_id, contact).await? else { return Ok(nothing()) };
    let why = format!("stopped by workflow {}", run.execution.workflow_id);
    Ok(match cancel(run.store, run.system, &id, &why).await? {
        OperationOutcome::Done(_) => StepRun::<S, O, E>::completed([("execution_id", json!(id))]),
        OperationOutcome::Unchanged(_) | OperationOutcome::NotAllowed(_) | OperationOutcome::NotFound => nothing(),
    })
}

pub(super) async fn predict<S: AutomationStore>(
    prediction: &mut Prediction<'_, S>,
    planned: &PlannedEffect<'_>,
    StopExecution { workflow_id }: &StopExecution,
) -> Result<Outcome, StoreError> {
    let under_way = match (prediction.changes.started.get(workflow_id), &planned.claim.contact) {
        (Some(started), _) => Some(started.clone()),
        (None, Some(contact)) => match prediction.store.entered(workflow_id, contact).await? {
            Some(entered) => {
                let entered = prediction.store.execution(&entered).await?;
                entered.filter(|execution| !execution.status.is_over()).map(|execution| execution.id)
            }
            None => None,
        },
        (None, None) => None,
    };
    Ok(match under_way {
        Some(id) if prediction.changes.stopped.insert(id.clone()) => {
            Outcome::Completed(Map::from_iter([("execution_id".to_owned(), json!(id))]))
        }
        _ => Outcome::Skipped(NOTHING_TO_STOP.to_owned()),
    })
}
