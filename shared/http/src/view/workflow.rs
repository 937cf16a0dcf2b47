//! Workflows and their versions.

use chrono::{DateTime, Utc};
use couponflow_app::automation::ports::{self, WorkflowStatus};
use couponflow_domain::kernel::ids::WorkflowId;
use couponflow_domain::kernel::input::FieldError;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// A workflow: the document as saved, plus its state.
// The crate `couponflow-openapi` adds the schema of `document`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Workflow {
    #[serde(flatten)]
    #[schemars(skip)]
    document: Value,
    /// Id of the workflow.
    id: WorkflowId,
    /// Current status.
    status: WorkflowStatus,
    /// Number of the last published version. 0 if the workflow was never published.
    version: i64,
    /// Whether the document was saved or restored after the last publication. True if the workflow
    /// was never published.
    has_unpublished_changes: bool,
    /// Creation time.
    created_at: DateTime<Utc>,
    /// Time of the last change.
    updated_at: DateTime<Utc>,
    /// Warnings about the document: parts that are valid but probably not intended, and violations
    /// of rules that are newer than the document. Absent in lists of workflows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<FieldError>")]
    warnings: Option<Vec<FieldError>>,
}

impl Workflow {
    /// Creates the answer for a workflow in a list.
    pub fn listed(workflow: &ports::Workflow) -> Self {
        Self {
            document: workflow.document.clone(),
            id: workflow.id.clone(),
            status: workflow.status,
            version: workflow.version.get(),
            has_unpublished_changes: workflow.has_unpublished_changes,
            created_at: workflow.created_at,
            updated_at: workflow.updated_at,
            warnings: None,
        }
    }

    /// Creates the answer for a workflow with the warnings about its document.
    pub fn reviewed(workflow: &ports::Workflow, warnings: Vec<FieldError>) -> Self {
        Self { warnings: Some(warnings), ..Self::listed(workflow) }
    }
}

/// A published version of a workflow, together with its document.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WorkflowVersion {
    #[serde(flatten)]
    #[schemars(skip)]
    document: Value,
    /// Version number, starting at 1.
    version: i64,
    /// Publication time. Null if the time was not recorded.
    published_at: Option<DateTime<Utc>>,
    /// Id of the API key that published the version. Null if it was not recorded.
    created_by: Option<String>,
}

impl From<&ports::PublishedDocument> for WorkflowVersion {
    fn from(version: &ports::PublishedDocument) -> Self {
        Self {
            document: version.document.clone(),
            version: version.version.get(),
            published_at: version.published_at,
            created_by: version.created_by.clone(),
        }
    }
}
