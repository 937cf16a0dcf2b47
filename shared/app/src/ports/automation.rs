//! Workflows and executions.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use couponflow_domain::admission::Entries;
use couponflow_domain::execution::{Execution, ExecutionStatus};
use couponflow_domain::filter::Subject;
use couponflow_domain::ids::{ContactId, EventId, ExecutionId, WorkflowId};
use couponflow_domain::plan::{Admission, Entry, Published};
use couponflow_domain::timer::Timer;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Page, PageRequest, Stored};

/// Whether events begin executions of a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkflowStatus {
    /// Never published since it was made.
    Draft,
    /// Its latest published version runs.
    Published,
    /// Begins nothing; executions under way go on.
    Paused,
}

/// A workflow as operators see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Workflow {
    /// Its id.
    pub id: WorkflowId,
    /// Draft, published or paused.
    pub status: WorkflowStatus,
    /// The version published last; 0 for a draft.
    pub version: i64,
    /// Counts up with every change. A change names the revision that it is of.
    pub revision: i64,
    /// Whether the document has changed since it was published.
    pub has_unpublished_changes: bool,
    /// Whether it is gone for everyone but the records.
    pub is_deleted: bool,
    /// The document as its author wrote it last.
    pub document: Value,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it changed last.
    pub updated_at: DateTime<Utc>,
}

impl Workflow {
    /// A draft that was never published.
    pub fn draft(id: WorkflowId, document: Value, now: DateTime<Utc>) -> Self {
        Self {
            id,
            status: WorkflowStatus::Draft,
            version: 0,
            revision: 1,
            has_unpublished_changes: true,
            is_deleted: false,
            document,
            created_at: now,
            updated_at: now,
        }
    }
}

/// A version of a workflow that was published.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkflowVersion {
    /// Which, from 1.
    pub version: i64,
    /// The document as its author wrote it.
    pub document: Value,
    /// When it was published.
    pub published_at: Option<DateTime<Utc>>,
}

/// Reads what the executor runs.
pub trait PublishedWorkflows {
    /// The published workflows whose trigger and filter want the event, in the order of their ids. A publish or a pause
    /// shows within two seconds; a workflow that can't be read is left out and logged.
    async fn matching(&self, subject: Subject<'_>) -> Stored<Vec<Arc<Published>>>;
    /// The version of a workflow that is published as of this call, if one is.
    async fn published(&self, id: &WorkflowId) -> Stored<Option<Arc<Published>>>;
    /// One version of a workflow, whatever became of the workflow since.
    async fn version(&self, id: &WorkflowId, version: i64) -> Stored<Option<Arc<Published>>>;
}

/// Changes workflows.
pub trait Workflows {
    /// Stores a draft. Storing it again changes nothing, whatever became of it since.
    async fn create_workflow(&self, workflow: &Workflow) -> Stored<()>;
    /// The workflow with the id.
    async fn workflow(&self, id: &WorkflowId) -> Stored<Option<Workflow>>;
    /// Workflows, newest first.
    async fn workflows(&self, page: &PageRequest) -> Stored<Page<Workflow>>;
    /// Replaces the document; what is published stays so. None where the workflow changed meanwhile.
    async fn save_workflow(&self, workflow: &Workflow, document: Value, now: DateTime<Utc>)
    -> Stored<Option<Workflow>>;
    /// Deletes the workflow: it begins nothing from now on, and executions under way go on. None where it changed meanwhile.
    async fn delete_workflow(&self, workflow: &Workflow, now: DateTime<Utc>) -> Stored<Option<Workflow>>;
    /// The published versions of a workflow, newest first, with their documents.
    async fn workflow_versions(&self, id: &WorkflowId, page: &PageRequest) -> Stored<Page<WorkflowVersion>>;
    /// Makes the document the next version and runs it from now on; none where the workflow changed meanwhile.
    async fn publish_workflow(&self, workflow: &Workflow, now: DateTime<Utc>) -> Stored<Option<Workflow>>;
    /// Begins nothing from now on; none where the workflow changed meanwhile.
    async fn pause_workflow(&self, workflow: &Workflow, now: DateTime<Utc>) -> Stored<Option<Workflow>>;
}

/// What came of beginning an execution.
#[derive(Debug, Clone, PartialEq)]
pub enum StartOutcome {
    /// It is stored and may run.
    New,
    /// It was begun before, and this is where it is.
    Existing(Box<Execution>),
    /// It is stored as one that does not begin; it says why.
    Skipped,
}

/// Which executions are listed.
#[derive(Debug, Clone, Default)]
pub struct ExecutionQuery {
    /// Of this workflow.
    pub workflow_id: Option<WorkflowId>,
    /// For this contact.
    pub contact: Option<ContactId>,
    /// For this event.
    pub event_id: Option<EventId>,
    /// In this state.
    pub status: Option<ExecutionStatus>,
}

/// Keeps executions.
pub trait Executions {
    /// Stores an execution that has not begun, once, and with it a timer that runs it if nobody does before. Where its
    /// contact may not enter the workflow now, it is stored as skipped.
    async fn begin(&self, entry: &Entry, timer: &Timer) -> Stored<StartOutcome>;
    /// The entries of a contact into a workflow so far; where the workflow limits them, counted in the hour of the clock that
    /// `at` lies in.
    async fn entries(&self, workflow: &WorkflowId, admission: &Admission, at: DateTime<Utc>) -> Stored<Entries>;
    /// The execution with which a contact entered a workflow last.
    async fn entered(&self, workflow: &WorkflowId, contact: &ContactId) -> Stored<Option<ExecutionId>>;
    /// From now on what happens to the contact is told to the execution. Nothing where the contact is gone.
    async fn listen(&self, contact: &ContactId, execution: &ExecutionId) -> Stored<()>;
    /// From now on it is not.
    async fn stop_listening(&self, contact: &ContactId, execution: &ExecutionId) -> Stored<()>;
    /// The execution with the id.
    async fn execution(&self, id: &ExecutionId) -> Stored<Option<Execution>>;
    /// Saves the next state of an execution and the timer that wakes it, if the stored one is the state before; false
    /// where somebody else was faster.
    async fn save(&self, execution: &Execution, timer: Option<&Timer>) -> Stored<bool>;
    /// Executions, newest first.
    async fn executions(&self, query: &ExecutionQuery, page: &PageRequest) -> Stored<Page<Execution>>;
}
