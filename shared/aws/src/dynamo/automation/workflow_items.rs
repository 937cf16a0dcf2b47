//! Stored items of workflows: the workflow, its published versions, and the list of each trigger.

use couponflow_app::automation::ports::{Workflow, WorkflowStatus};
use couponflow_app::kernel::error::StoreError;
use couponflow_domain::kernel::counters::{Revision, WorkflowVersion};
use couponflow_domain::kernel::ids::WorkflowId;
use serde::{Deserialize, Serialize};

use crate::dynamo::engine::instant::instant;
use crate::dynamo::engine::item::{Stored, from_stored_json};

/// Workflow as operators see it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct WorkflowItem {
    id: WorkflowId,
    pub(crate) status: WorkflowStatus,
    pub(crate) version: i64,
    #[serde(default)]
    revision: i64,
    #[serde(default)]
    has_unpublished_changes: bool,
    #[serde(default)]
    is_deleted: bool,
    /// Document as JSON.
    document: String,
    created_at_ms: i64,
    updated_at_ms: i64,
    gsi1pk: String,
    gsi1sk: String,
}

impl Stored for WorkflowItem {
    const KIND: &'static str = "WORKFLOW";
}

impl WorkflowItem {
    /// Creates the item of a workflow. `list` is the index partition that lists the workflow.
    pub(crate) fn new(workflow: &Workflow, list: String) -> Self {
        Self {
            id: workflow.id.clone(),
            status: workflow.status,
            version: workflow.version.get(),
            revision: workflow.revision.get(),
            has_unpublished_changes: workflow.has_unpublished_changes,
            is_deleted: workflow.is_deleted,
            document: workflow.document.to_string(),
            created_at_ms: workflow.created_at.timestamp_millis(),
            updated_at_ms: workflow.updated_at.timestamp_millis(),
            gsi1pk: list,
            gsi1sk: workflow.id.as_str().to_owned(),
        }
    }

    /// Converts the item to a workflow.
    ///
    /// # Errors
    /// Returns an error if the document is invalid JSON.
    pub(crate) fn into_workflow(self, doing: &'static str) -> Result<Workflow, StoreError> {
        let document = from_stored_json(&self.document, "workflow document", doing)?;
        Ok(Workflow {
            id: self.id,
            status: self.status,
            version: WorkflowVersion::new(self.version),
            revision: Revision::new(self.revision),
            has_unpublished_changes: self.has_unpublished_changes,
            is_deleted: self.is_deleted,
            document,
            created_at: instant(self.created_at_ms),
            updated_at: instant(self.updated_at_ms),
        })
    }
}

/// Published version of a workflow.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct VersionItem {
    /// Document as JSON.
    pub(crate) document: String,
    #[serde(default)]
    pub(crate) published_at_ms: Option<i64>,
    /// Who published the version: the id of an API key, or `operator`. Absent in items that earlier versions of
    /// couponflow stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) created_by: Option<String>,
}

impl Stored for VersionItem {
    const KIND: &'static str = "WORKFLOW_VERSION";
}

/// Published workflow in the list of its trigger. Contains only the data that is needed to match
/// events.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PublishedItem {
    pub(crate) id: WorkflowId,
    pub(crate) version: i64,
    /// Filters of the document, as JSON.
    pub(crate) filters: String,
    /// Bytes of the filters that count towards the quota. Absent in items that earlier versions of couponflow stored:
    /// these filters do not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) counted_bytes: Option<i64>,
}

impl Stored for PublishedItem {
    const KIND: &'static str = "PUBLISHED";
}

/// Generation of a trigger's list of workflows: the number of changes of the list.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct GenerationItem {
    pub(crate) generation: i64,
}

impl Stored for GenerationItem {
    const KIND: &'static str = "GENERATION";
}
