//! Contacts, workflows and executions.
#![expect(dead_code, reason = "described, never made")]

use chrono::{DateTime, Utc};
use couponflow_app::dry_run::Replayed;
use couponflow_app::ports::WorkflowStatus;
use couponflow_domain::contact::Consent;
use couponflow_domain::coupon::ZoneName;
use couponflow_domain::customer::Email;
use couponflow_domain::event::EventType;
use couponflow_domain::execution::{AttemptOutcome, ExecutionStatus, StepStatus};
use couponflow_domain::form::{StepForm, TriggerForm};
use couponflow_domain::ids::{ContactId, EventId, ExecutionId, WorkflowId};
use couponflow_domain::input::FieldError;
use couponflow_domain::mail::SuppressionReason;
use couponflow_domain::template::TemplateFilter;
use schemars::JsonSchema;
use serde_json::{Map, Value};

/// A customer as automation sees it.
#[derive(JsonSchema)]
pub(super) struct Contact {
    /// Its id.
    id: ContactId,
    /// Where mail reaches them.
    email: Option<Email>,
    /// The shop's id.
    customer_id: Option<String>,
    /// First name.
    first_name: Option<String>,
    /// Last name.
    last_name: Option<String>,
    /// A set.
    tags: Vec<String>,
    /// The lists that it is on, a set.
    lists: Vec<String>,
    /// Where it is.
    time_zone: Option<ZoneName>,
    /// BCP 47: how money and dates are written for it.
    locale: Option<String>,
    /// Whether it may be written to.
    consent: Consent,
    /// When it was first seen.
    created_at: DateTime<Utc>,
}

/// That an address gets no more mail.
#[derive(JsonSchema)]
pub(super) struct Suppression {
    /// The address that was asked for.
    email: Email,
    /// Why.
    reason: SuppressionReason,
    /// When that happened last.
    updated_at: DateTime<Utc>,
}

/// One run of one workflow version for one event.
#[derive(JsonSchema)]
pub(super) struct Execution {
    /// Its id.
    id: ExecutionId,
    /// The workflow.
    workflow_id: WorkflowId,
    /// The version that it began with and stays with.
    workflow_version: i64,
    /// The event.
    event_id: EventId,
    /// The event's type.
    event_type: EventType,
    /// For whom.
    contact: Option<ContactId>,
    /// Of which execution's audience the contact is.
    parent: Option<ExecutionId>,
    /// Where it is.
    status: ExecutionStatus,
    /// Why it was skipped or cancelled, or why it runs without the customer of its event.
    detail: Option<String>,
    /// While it waits: until when.
    wake_at: Option<DateTime<Utc>>,
    /// The steps that it has come to, in that order.
    steps: Vec<Step>,
    /// When it began.
    created_at: DateTime<Utc>,
    /// The last transition.
    updated_at: DateTime<Utc>,
}

/// What became of a step.
#[derive(JsonSchema)]
struct Step {
    /// Its name.
    id: String,
    /// Its type.
    r#type: String,
    /// Where it is.
    status: StepStatus,
    /// Its tries.
    attempts: Vec<Attempt>,
    /// What it was done with, rendered; long texts are cut short.
    input: Map<String, Value>,
    /// What it put out.
    output: Map<String, Value>,
    /// Why it was skipped, failed, waits or is unknown.
    detail: Option<String>,
    /// First attempt.
    started_at: DateTime<Utc>,
    /// When its outcome was recorded.
    finished_at: Option<DateTime<Utc>>,
}

/// One try at a step.
#[derive(JsonSchema)]
struct Attempt {
    /// From 1.
    number: i64,
    /// What became of it; null while it is under way, or where it was cut off.
    outcome: Option<AttemptOutcome>,
    /// What went wrong.
    error: Option<String>,
    /// When it began.
    started_at: DateTime<Utc>,
    /// When its outcome was recorded.
    finished_at: Option<DateTime<Utc>>,
}

/// What a workflow has beside its document.
#[derive(JsonSchema)]
pub(super) struct WorkflowState {
    /// Its id.
    id: WorkflowId,
    /// Draft, published or paused.
    status: WorkflowStatus,
    /// The version published last; 0 for a draft.
    version: i64,
    /// Whether the document has changed since it was published.
    has_unpublished_changes: bool,
    /// When it was created.
    created_at: DateTime<Utc>,
    /// When it changed last.
    updated_at: DateTime<Utc>,
    /// What its author may not have meant, where one workflow is answered; lists leave it out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<FieldError>,
}

/// A published version of a workflow, beside its document.
#[derive(JsonSchema)]
pub(super) struct WorkflowVersion {
    /// Which, from 1.
    version: i64,
    /// When it was published.
    published_at: Option<DateTime<Utc>>,
}

/// What came of running a workflow for a past event.
#[derive(JsonSchema)]
pub(super) struct Replay {
    /// The event.
    event_id: EventId,
    /// What came of it.
    outcome: Replayed,
}

/// What workflows can be made of.
#[derive(JsonSchema)]
pub(super) struct Triggers {
    /// Every trigger, those of events first.
    triggers: Vec<TriggerForm>,
    /// The filters of templates, such as `money` for `{{order.total|money}}`.
    filters: Vec<TemplateFilter>,
    /// Every type of step.
    steps: Vec<StepForm>,
}

/// Liveness.
#[derive(JsonSchema)]
pub(super) struct Health {
    /// `ok`.
    status: String,
}
