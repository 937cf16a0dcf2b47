//! The step `stop_workflow`.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::awaited::Awaited;
use super::effect::{ShowInput, members};
use super::preparation::Preparation;
use super::reader::StepReader;
use super::step_action::{DocumentStep, KindProperties, Reference, RetrySchedule, SampleValues, StepAction};
use super::step_contents::StepContents;
use super::step_schema::step;
use crate::automation::execution::Outcome;
use crate::automation::template::StepOutput;
use crate::events::event::CouponSnapshot;
use crate::kernel::ids::WorkflowId;
use crate::kernel::input::Errors;
use crate::kernel::json_schema::{optional, reference};

/// Cancels the contact's execution of a workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StopWorkflow {
    /// Workflow to stop; this workflow if absent.
    pub workflow_id: Option<WorkflowId>,
}

/// Cancellation of the contact's execution of another workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StopExecution {
    pub workflow_id: WorkflowId,
}

impl ShowInput for StopExecution {
    fn input(&self) -> Map<String, Value> {
        members([("workflow_id", json!(self.workflow_id))])
    }
}

impl DocumentStep for StopWorkflow {
    const CONTENTS: StepContents = StepContents::NONE;

    fn read(step: &mut StepReader<'_, '_, '_>, errors: &mut Errors) -> Option<Self> {
        step.members(&["workflow_id"], errors)?;
        let id = step.get("workflow_id").optional(errors, |field, errors| field.parse(WorkflowId::parse, errors))?;
        if id.is_some() {
            step.needs_contact();
        }
        Some(Self { workflow_id: id })
    }

    fn schemas(kind: &str) -> Vec<Value> {
        let description = "Stops the contact's execution of a workflow. Default: this workflow.";
        let members = [("workflow_id", optional(reference("WorkflowId")))];
        vec![step("StopWorkflowStep", kind, description, &[], &members)]
    }
}

impl StepAction for StopWorkflow {
    const PROPERTIES: KindProperties =
        KindProperties { is_repeatable: true, listens: false, retries: RetrySchedule::Backoff, outputs: &[] };

    type Effect = StopExecution;

    fn gates_later_steps(&self) -> bool {
        false
    }

    fn awaited(&self) -> Option<Awaited<'_>> {
        None
    }

    fn outputs(&self) -> Vec<StepOutput> {
        Self::PROPERTIES.outputs.to_vec()
    }

    fn sample_values(&self, _: &CouponSnapshot, now: DateTime<Utc>) -> SampleValues {
        SampleValues::at(now)
    }

    fn reference(&self) -> Option<Reference<'_>> {
        self.workflow_id.as_ref().map(|id| Reference::Workflow { id, member: "workflow_id" })
    }

    fn prepare(&self, preparation: &Preparation<'_>) -> Result<StopExecution, Outcome> {
        match &self.workflow_id {
            Some(id) if id != preparation.workflow_id => {
                preparation.contact().map(|_| StopExecution { workflow_id: id.clone() })
            }
            Some(_) | None => Err(Outcome::End("stopped by this step".to_owned())),
        }
    }
}
