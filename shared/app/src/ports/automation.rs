//! Workflows, executions and mail.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use couponflow_domain::customer::Email;
use couponflow_domain::execution::Execution;
use couponflow_domain::ids::{ExecutionId, WorkflowId};
use couponflow_domain::plan::{Entry, Published};
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
    /// The document as its author wrote it.
    pub document: Value,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it changed last.
    pub updated_at: DateTime<Utc>,
}

/// Reads what the executor runs.
pub trait PublishedWorkflows {
    /// Every published workflow, as of this call: a workflow published before it is in.
    async fn published(&self) -> Stored<Arc<Vec<Published>>>;
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
    /// Makes the document the next version and runs it from now on; none where the workflow changed meanwhile.
    async fn publish_workflow(&self, workflow: &Workflow, now: DateTime<Utc>) -> Stored<Option<Workflow>>;
    /// Begins nothing from now on; none where the workflow changed meanwhile.
    async fn pause_workflow(&self, workflow: &Workflow, now: DateTime<Utc>) -> Stored<Option<Workflow>>;
}

/// What came of beginning an execution.
#[derive(Debug, Clone, PartialEq)]
pub enum Begun {
    /// It is stored and may run.
    New,
    /// It was begun before, and this is where it is.
    Existing(Box<Execution>),
    /// The contact has entered the workflow before, with another event.
    EnteredBefore,
}

/// Keeps executions.
pub trait Executions {
    /// Stores an execution that has not begun, once, and with it a timer that runs it if nobody does before.
    async fn begin(&self, entry: &Entry, timer: &Timer) -> Stored<Begun>;
    /// The execution with the id.
    async fn execution(&self, id: &ExecutionId) -> Stored<Option<Execution>>;
    /// Saves the next state of an execution and the timer that wakes it, if the stored one is the state before; false
    /// where somebody else was faster.
    async fn save(&self, execution: &Execution, timer: Option<&Timer>) -> Stored<bool>;
    /// Executions, newest first, of one workflow where one is given.
    async fn executions(&self, workflow: Option<&WorkflowId>, page: &PageRequest) -> Stored<Page<Execution>>;
}

/// An e-mail, rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Recipients.
    pub to: Vec<Email>,
    /// One line.
    pub subject: String,
    /// HTML body.
    pub html: Option<String>,
    /// Plain-text body.
    pub text: Option<String>,
    /// The execution and step that send it, for delivery events.
    pub tag: String,
}

/// Why an e-mail was not sent, or may not have been.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// Not sent; a later attempt may succeed.
    #[error("not sent: {0}")]
    Retry(String),
    /// Not sent, and never will be.
    #[error("refused: {0}")]
    Refused(String),
    /// The request went out and no answer came back.
    #[error("unknown whether it was sent: {0}")]
    Unknown(String),
}

/// Sends e-mail, without repeating a call whose outcome is not known.
pub trait Mailer {
    /// # Errors
    /// Says whether it was not sent or may have been.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}
