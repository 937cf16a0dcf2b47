//! Response schemas of contacts, suppressions, workflows and executions.
#![expect(dead_code, reason = "only the schemas of these types are used; no value is created")]

use chrono::{DateTime, Utc};
use couponflow_app::automation::dry_run::Replayed;
use couponflow_app::automation::ports::WorkflowStatus;
use couponflow_domain::automation::execution::{AttemptOutcome, ExecutionStatus, StepStatus};
use couponflow_domain::automation::template::TemplateFilter;
use couponflow_domain::automation::trigger_catalog::{StepForm, TriggerForm};
use couponflow_domain::contacts::contact::Consent;
use couponflow_domain::delivery::mail::SuppressionReason;
use couponflow_domain::events::event::EventType;
use couponflow_domain::kernel::ids::{ContactId, EventId, ExecutionId, WorkflowId};
use couponflow_domain::kernel::input::FieldError;
use couponflow_domain::kernel::instants::ZoneName;
use couponflow_domain::purchases::customer::Email;
use schemars::JsonSchema;
use serde_json::{Map, Value};

/// A customer for whom workflows run.
#[derive(JsonSchema)]
pub(super) struct Contact {
    /// Id of the contact.
    id: ContactId,
    /// E-mail address.
    email: Option<Email>,
    /// The shop's id of the customer.
    customer_id: Option<String>,
    /// First name.
    first_name: Option<String>,
    /// Last name.
    last_name: Option<String>,
    /// Tags of the contact, without duplicates.
    tags: Vec<String>,
    /// Lists that the contact is on, without duplicates.
    lists: Vec<String>,
    /// IANA time zone of the contact.
    time_zone: Option<ZoneName>,
    /// BCP 47 language tag. Messages to the contact format amounts and dates for this language.
    locale: Option<String>,
    /// Consent to receive e-mail.
    consent: Consent,
    /// Time at which the contact was first seen.
    created_at: DateTime<Utc>,
}

/// An entry of the suppression list. Workflows send no e-mail to the address.
#[derive(JsonSchema)]
pub(super) struct Suppression {
    /// The requested address.
    email: Email,
    /// Reason why the address was added.
    reason: SuppressionReason,
    /// Time of the last bounce or complaint.
    updated_at: DateTime<Utc>,
}

/// An execution: one run of a workflow version for an event.
#[derive(JsonSchema)]
pub(super) struct Execution {
    /// Id of the execution.
    id: ExecutionId,
    /// Id of the workflow.
    workflow_id: WorkflowId,
    /// Version of the workflow that the execution runs. A running execution never changes its
    /// version.
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
    /// Time at which a waiting execution resumes. Null if the execution is not waiting.
    wake_at: Option<DateTime<Utc>>,
    /// Steps that the execution has reached, in execution order.
    steps: Vec<Step>,
    /// Start time.
    created_at: DateTime<Utc>,
    /// Time of the last state change.
    updated_at: DateTime<Utc>,
}

/// A step of an execution, with its attempts and outcome.
#[derive(JsonSchema)]
struct Step {
    /// Id of the step in the workflow document.
    id: String,
    /// Type of the step.
    r#type: String,
    /// Current status.
    status: StepStatus,
    /// All attempts, oldest first.
    attempts: Vec<Attempt>,
    /// Input of the step, with templates rendered. Long texts are truncated.
    input: Map<String, Value>,
    /// Output of the step, available to later steps as merge fields.
    output: Map<String, Value>,
    /// Reason why the step was skipped, failed, is waiting, or has an unknown outcome.
    detail: Option<String>,
    /// Start of the first attempt.
    started_at: DateTime<Utc>,
    /// Time at which the outcome was recorded. Null while the step is unfinished.
    finished_at: Option<DateTime<Utc>>,
}

/// One attempt of a step.
#[derive(JsonSchema)]
struct Attempt {
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

/// State of a workflow, in addition to its document.
#[derive(JsonSchema)]
pub(super) struct WorkflowState {
    /// Id of the workflow.
    id: WorkflowId,
    /// Current status.
    status: WorkflowStatus,
    /// Number of the last published version. 0 if the workflow was never published.
    version: i64,
    /// Whether the document has changed since the last publication.
    has_unpublished_changes: bool,
    /// Creation time.
    created_at: DateTime<Utc>,
    /// Time of the last change.
    updated_at: DateTime<Utc>,
    /// Warnings about parts of the document that are valid but probably not intended. Absent in
    /// lists of workflows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<FieldError>,
}

/// A published version of a workflow, together with its document.
#[derive(JsonSchema)]
pub(super) struct WorkflowVersion {
    /// Version number, starting at 1.
    version: i64,
    /// Publication time.
    published_at: Option<DateTime<Utc>>,
}

/// Result of replaying a past event.
#[derive(JsonSchema)]
pub(super) struct Replay {
    /// Id of the event.
    event_id: EventId,
    /// Result for this event.
    outcome: Replayed,
}

/// The trigger catalog: triggers, template filters and step types that workflows can use.
#[derive(JsonSchema)]
pub(super) struct Triggers {
    /// All triggers, event triggers first.
    triggers: Vec<TriggerForm>,
    /// Template filters, such as `money` in `{{order.total|money}}`.
    filters: Vec<TemplateFilter>,
    /// All step types.
    steps: Vec<StepForm>,
}

/// Health of the API.
#[derive(JsonSchema)]
pub(super) struct Health {
    /// Always `ok`.
    status: String,
}
