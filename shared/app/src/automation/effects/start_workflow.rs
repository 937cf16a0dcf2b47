//! Start of another workflow.

use couponflow_domain::automation::actions::StartWorkflow;
use couponflow_domain::automation::execution::Outcome;
use couponflow_domain::automation::plan::entry;
use couponflow_domain::kernel::ids::WorkflowId;
use serde_json::json;

use super::prediction::{PlannedEffect, Prediction};
use super::step_run::StepRun;
use crate::automation::dry_run::{ALREADY_RUN, skip_reason};
use crate::automation::execute::wake;
use crate::automation::ports::AutomationStore;
use crate::automation::ports::StartOutcome;
use crate::delivery::ports::Outbound;
use crate::kernel::error::StoreError;
use crate::kernel::system::{Clock, Rng};

/// Returns the reason why a workflow that is not published is not started.
fn not_published(id: &WorkflowId) -> String {
    format!("workflow {id} is not published")
}

/// Starts another workflow for the same event and contact. A timer that is due at once runs the
/// new execution, even if this call dies.
pub(super) async fn perform<S: AutomationStore, O: Outbound, E: Clock + Rng>(
    run: &StepRun<'_, S, O, E>,
    StartWorkflow { workflow_id }: &StartWorkflow,
) -> Result<Outcome, StoreError> {
    let Some(workflow) = run.store.published(workflow_id).await? else {
        return Ok(Outcome::Skipped(not_published(workflow_id)));
    };
    let (parent, now) = (run.execution, run.system.now());
    let child = entry(&parent.event(), parent.contact.as_ref(), &workflow, &parent.chain_for_effects(), now)
        .with_correlation_keys(parent.correlation_keys());
    let started = |id| StepRun::<S, O, E>::completed([("execution_id", json!(id))]);
    Ok(match run.store.begin(&child, &wake(&child.execution, now)).await? {
        StartOutcome::New => started(&child.execution.id),
        // An earlier, interrupted attempt at this step has started the execution.
        StartOutcome::Existing(existing) if existing.created_at >= parent.created_at && existing.id != parent.id => {
            started(&existing.id)
        }
        StartOutcome::Existing(_) => Outcome::Skipped(ALREADY_RUN.to_owned()),
        StartOutcome::Skipped => {
            let skipped = run.store.execution(&child.execution.id).await?.and_then(|skipped| skipped.detail);
            Outcome::Skipped(skipped.unwrap_or_else(|| "the workflow does not admit the contact now".to_owned()))
        }
    })
}

pub(super) async fn predict<S: AutomationStore>(
    prediction: &mut Prediction<'_, S>,
    planned: &PlannedEffect<'_>,
    StartWorkflow { workflow_id }: &StartWorkflow,
) -> Result<Outcome, StoreError> {
    let Some(workflow) = prediction.store.published(workflow_id).await? else {
        return Ok(Outcome::Skipped(not_published(workflow_id)));
    };
    let claim = planned.claim;
    let child = entry(&claim.event(), claim.contact.as_ref(), &workflow, &claim.chain_for_effects(), planned.now);
    // If an earlier step of this execution would start the workflow, this step would complete
    // without another check.
    if !prediction.changes.started.contains_key(workflow_id) {
        if child.execution.id.key() == claim.id.key() {
            return Ok(Outcome::Skipped(ALREADY_RUN.to_owned()));
        }
        if let Some(why) = skip_reason(prediction.store, &child, None).await? {
            return Ok(Outcome::Skipped(why));
        }
    }
    prediction.changes.started.insert(workflow_id.clone(), child.execution.id);
    Ok(planned.done())
}
