//! Steps that start and stop workflows.

use couponflow_domain::automation::execution::Outcome;
use couponflow_domain::automation::plan::entry;
use couponflow_domain::kernel::ids::WorkflowId;
use serde_json::json;

use super::operate::{OperationOutcome, cancel};
use super::step_run::StepRun;
use super::wake::wake;
use crate::automation::context::{AutomationStore, Outbound};
use crate::automation::ports::StartOutcome;
use crate::kernel::error::StoreError;
use crate::kernel::system::{Clock, Rng};

/// Reason why a workflow that has an execution for the event is not started again.
pub(crate) const ALREADY_RUN: &str = "the workflow has already run for this event";

/// Reason why a `stop_workflow` step is skipped if the contact has no active execution.
pub(crate) const NOTHING_TO_STOP: &str = "the contact has no active execution of that workflow";

/// Returns the reason why a workflow that is not published is not started.
pub(crate) fn not_published(id: &WorkflowId) -> String {
    format!("workflow {id} is not published")
}

impl<S: AutomationStore, O: Outbound, E: Clock + Rng> StepRun<'_, S, O, E> {
    /// Starts another workflow for the same event and contact. A timer that is due at once runs the
    /// new execution, even if this call dies.
    pub(super) async fn start(&self, workflow_id: &WorkflowId) -> Result<Outcome, StoreError> {
        let Some(workflow) = self.store.published(workflow_id).await? else {
            return Ok(Outcome::Skipped(not_published(workflow_id)));
        };
        let (parent, now) = (self.execution, self.system.now());
        let child = entry(&parent.event(), parent.contact.as_ref(), &workflow, &parent.chain_for_effects(), now)
            .with_correlation_keys(parent.correlation_keys());
        let started = |id| Self::completed([("execution_id", json!(id))]);
        Ok(match self.store.begin(&child, &wake(&child.execution, now)).await? {
            StartOutcome::New => started(&child.execution.id),
            // An earlier, interrupted attempt at this step has started the execution.
            StartOutcome::Existing(existing)
                if existing.created_at >= parent.created_at && existing.id != parent.id =>
            {
                started(&existing.id)
            }
            StartOutcome::Existing(_) => Outcome::Skipped(ALREADY_RUN.to_owned()),
            StartOutcome::Skipped => {
                let skipped = self.store.execution(&child.execution.id).await?.and_then(|skipped| skipped.detail);
                Outcome::Skipped(skipped.unwrap_or_else(|| "the workflow does not admit the contact now".to_owned()))
            }
        })
    }

    /// Cancels the contact's execution of another workflow.
    pub(super) async fn stop(&self, workflow_id: &WorkflowId) -> Result<Outcome, StoreError> {
        let nothing = || Outcome::Skipped(NOTHING_TO_STOP.to_owned());
        let Some(contact) = &self.execution.contact else { return Ok(nothing()) };
        let Some(id) = self.store.entered(workflow_id, contact).await? else { return Ok(nothing()) };
        let why = format!("stopped by workflow {}", self.execution.workflow_id);
        Ok(match cancel(self.store, self.system, &id, &why).await? {
            OperationOutcome::Now(_) => Self::completed([("execution_id", json!(id))]),
            OperationOutcome::Unchanged(_) | OperationOutcome::Refused(_) | OperationOutcome::NotFound => nothing(),
        })
    }
}
