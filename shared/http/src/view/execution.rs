//! View of executions.

use chrono::{DateTime, Utc};
use couponflow_domain::automation::execution::{self, AttemptOutcome, ExecutionStatus, StepStatus};
use couponflow_domain::events::event::EventType;
use couponflow_domain::kernel::ids::{ContactId, EventId, ExecutionId, WorkflowId};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// An execution: one run of one version of a workflow for an event.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Execution {
    /// Id of the execution.
    id: ExecutionId,
    /// Id of the workflow.
    workflow_id: WorkflowId,
    /// Version of the workflow that the execution runs. An execution keeps its version, even if a
    /// newer version is published.
    workflow_version: i64,
    /// Id of the event that started the execution.
    event_id: EventId,
    /// Type of the event that started the execution.
    event_type: EventType,
    /// Id of the contact for whom the execution runs. Null if the execution has no contact.
    contact: Option<ContactId>,
    /// Id of the parent: the execution whose `for_each_contact` step started this execution. Null
    /// without a parent.
    parent: Option<ExecutionId>,
    /// Current status.
    status: ExecutionStatus,
    /// Reason why the execution was skipped or cancelled, or why it runs without the customer of
    /// the event.
    detail: Option<String>,
    /// Time at which a waiting execution resumes at the latest. Null if the execution is not
    /// waiting.
    wake_at: Option<DateTime<Utc>>,
    /// Steps that the execution has reached, in execution order.
    steps: Vec<Step>,
    /// Start time.
    created_at: DateTime<Utc>,
    /// Time of the last state change.
    updated_at: DateTime<Utc>,
}

impl From<&execution::Execution> for Execution {
    fn from(execution: &execution::Execution) -> Self {
        Self {
            id: execution.id.clone(),
            workflow_id: execution.workflow_id.clone(),
            workflow_version: execution.workflow_version.get(),
            event_id: execution.event.metadata.event_id.clone(),
            event_type: execution.event_type,
            contact: execution.contact.clone(),
            parent: execution.parent.clone(),
            status: execution.status,
            detail: execution.detail.clone(),
            wake_at: execution.wake_at,
            steps: execution.steps.iter().map(Step::from).collect(),
            created_at: execution.created_at,
            updated_at: execution.updated_at,
        }
    }
}

/// A step of an execution, with its attempts and outcome.
// Leaves out the internal data of the stored step.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Step {
    /// Id of the step in the workflow document.
    id: String,
    /// Type of the step.
    r#type: String,
    /// Current status.
    status: StepStatus,
    /// All attempts, oldest first.
    attempts: Vec<Attempt>,
    /// Input of the step: its parameters, with templates rendered. Long texts are truncated.
    #[schemars(title = "RenderedStepInput")]
    input: Map<String, Value>,
    /// Output of the step, available to later steps as merge fields.
    #[schemars(title = "StepOutputValues")]
    output: Map<String, Value>,
    /// Reason why the step was skipped, failed, is waiting, or has an unknown outcome.
    detail: Option<String>,
    /// Start of the first attempt.
    started_at: DateTime<Utc>,
    /// Time at which the outcome was recorded. Null while the step is unfinished.
    finished_at: Option<DateTime<Utc>>,
}

impl From<&execution::StepRecord> for Step {
    fn from(record: &execution::StepRecord) -> Self {
        Self {
            id: record.id.clone(),
            r#type: record.r#type.name().to_owned(),
            status: record.status,
            attempts: (1..).zip(&record.attempts).map(|(number, attempt)| Attempt::new(number, attempt)).collect(),
            input: record.input.clone(),
            output: record.output.clone(),
            detail: record.detail.clone(),
            started_at: record.started_at,
            finished_at: record.finished_at,
        }
    }
}

/// One attempt of a step.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Attempt {
    /// Number of the attempt, starting at 1.
    number: i64,
    /// Outcome of the attempt. Null while the attempt is running, and if the attempt was
    /// interrupted.
    outcome: Option<AttemptOutcome>,
    /// Error message. Null without an error.
    error: Option<String>,
    /// Start time.
    started_at: DateTime<Utc>,
    /// Time at which the outcome was recorded. Null without an outcome.
    finished_at: Option<DateTime<Utc>>,
}

impl Attempt {
    fn new(number: i64, attempt: &execution::Attempt) -> Self {
        Self {
            number,
            outcome: attempt.outcome,
            error: attempt.error.clone(),
            started_at: attempt.started_at,
            finished_at: attempt.finished_at,
        }
    }
}
