//! The step `start_workflow`.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::awaited::Awaited;
use super::effect::{ShowInput, members};
use super::preparation::Preparation;
use super::reader::StepReader;
use super::step_action::{DocumentStep, KindProperties, Reference, RetrySchedule, SampleValues, StepAction, output};
use super::step_contents::StepContents;
use super::step_schema::step;
use crate::automation::execution::Outcome;
use crate::automation::template::{Kind, StepOutput};
use crate::events::event::CouponSnapshot;
use crate::kernel::ids::WorkflowId;
use crate::kernel::input::Errors;
use crate::kernel::json_schema::reference;

/// Starts another workflow for the same event and contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartWorkflow {
    pub workflow_id: WorkflowId,
}

impl ShowInput for StartWorkflow {
    fn input(&self) -> Map<String, Value> {
        members([("workflow_id", json!(self.workflow_id))])
    }
}

const EXECUTION_ID: StepOutput =
    output("execution_id", Kind::Code, true, "Id of the execution; missing if none was started");

impl DocumentStep for StartWorkflow {
    const CONTENTS: StepContents = StepContents::NONE;

    fn read(step: &mut StepReader<'_, '_, '_>, errors: &mut Errors) -> Option<Self> {
        step.members(&["workflow_id"], errors)?;
        let workflow_id = step.get("workflow_id").parse(WorkflowId::parse, errors);
        Some(Self { workflow_id: workflow_id? })
    }

    fn schemas(kind: &str) -> Vec<Value> {
        let description = "Starts another workflow for the same contact.";
        let members = [("workflow_id", reference("WorkflowId"))];
        vec![step("StartWorkflowStep", kind, description, &["workflow_id"], &members)]
    }
}

impl StepAction for StartWorkflow {
    const PROPERTIES: KindProperties = KindProperties {
        is_repeatable: true,
        listens: false,
        retries: RetrySchedule::Backoff,
        outputs: &[EXECUTION_ID],
    };

    type Effect = Self;

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
        Some(Reference::Workflow { id: &self.workflow_id, member: "workflow_id" })
    }

    fn prepare(&self, _: &Preparation<'_>) -> Result<Self, Outcome> {
        Ok(self.clone())
    }
}
