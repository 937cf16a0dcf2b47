//! Lifecycle of a workflow: draft, published, paused, deleted.
//!
//! ```text
//! Draft     --(publish)--> Published
//! Published --(publish)--> Published   (only if the document changed)
//! Published --(pause)----> Paused
//! Paused    --(publish)--> Published
//! any       --(delete)---> Paused, deleted
//! ```

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::automation::workflow::{Definition, PublishedWorkflow};
use crate::kernel::counters::{Revision, WorkflowVersion};
use crate::kernel::ids::WorkflowId;
use crate::kernel::input::Errors;

/// Status of a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkflowStatus {
    /// The workflow has never been published.
    Draft,
    /// Events start executions of the version that was published last.
    Published,
    /// Events start no executions. Executions that have started continue.
    Paused,
}

/// Workflow with its draft document and its status.
#[derive(Debug, Clone, PartialEq)]
pub struct Workflow {
    pub id: WorkflowId,
    pub status: WorkflowStatus,
    /// Number of the version that was published last. 0 for a draft.
    pub version: WorkflowVersion,
    /// Revision for optimistic locking. Every change increments the revision.
    pub revision: Revision,
    /// Whether the document changed after it was last published.
    pub has_unpublished_changes: bool,
    /// Whether the workflow was deleted. A deleted workflow stays readable for its executions and versions.
    pub is_deleted: bool,
    /// Document as its author last wrote it.
    pub document: Value,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// What is needed to publish or pause a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LifecycleChange {
    /// No write: the workflow is already in that state.
    None,
    /// The state must be written.
    Needed,
    /// The change is impossible, because the workflow was never published.
    NotPublished,
}

impl Workflow {
    /// Creates a draft at revision 1.
    pub fn draft(id: WorkflowId, document: Value, now: DateTime<Utc>) -> Self {
        Self {
            id,
            status: WorkflowStatus::Draft,
            version: WorkflowVersion::new(0),
            revision: Revision::FIRST,
            has_unpublished_changes: true,
            is_deleted: false,
            document,
            created_at: now,
            updated_at: now,
        }
    }

    /// Returns what is needed to publish the document. A published workflow without unpublished changes gets no new
    /// version.
    pub fn publishing(&self) -> LifecycleChange {
        match self.status {
            WorkflowStatus::Published if !self.has_unpublished_changes => LifecycleChange::None,
            WorkflowStatus::Draft | WorkflowStatus::Published | WorkflowStatus::Paused => LifecycleChange::Needed,
        }
    }

    /// Returns what is needed to pause the workflow. A draft cannot be paused.
    pub fn pausing(&self) -> LifecycleChange {
        match self.status {
            WorkflowStatus::Draft => LifecycleChange::NotPublished,
            WorkflowStatus::Published => LifecycleChange::Needed,
            WorkflowStatus::Paused => LifecycleChange::None,
        }
    }

    /// Whether past events can be replayed: only if new events start executions, too.
    pub fn is_replayable(&self) -> bool {
        match self.status {
            WorkflowStatus::Published => true,
            WorkflowStatus::Draft | WorkflowStatus::Paused => false,
        }
    }

    /// Returns the workflow with another document. The published version stays as it is.
    #[must_use]
    pub fn with_document(&self, document: Value, now: DateTime<Utc>) -> Self {
        Self { document, has_unpublished_changes: true, ..self.next_revision(now) }
    }

    /// Returns the workflow with its document published as the next version.
    #[must_use]
    pub fn published(&self, now: DateTime<Utc>) -> Self {
        Self {
            status: WorkflowStatus::Published,
            version: self.version.next(),
            has_unpublished_changes: false,
            ..self.next_revision(now)
        }
    }

    /// Returns the workflow in a state in which events start no executions.
    #[must_use]
    pub fn paused(&self, now: DateTime<Utc>) -> Self {
        Self { status: WorkflowStatus::Paused, ..self.next_revision(now) }
    }

    /// Returns the deleted workflow. Events start no executions of it.
    #[must_use]
    pub fn deleted(&self, now: DateTime<Utc>) -> Self {
        Self { is_deleted: true, ..self.paused(now) }
    }

    /// Reads the saved document as the version that publishing would create.
    ///
    /// # Errors
    /// Returns every fault that prevents the document from running, with its pointer.
    pub fn next_version(&self) -> Result<PublishedWorkflow, Errors> {
        let definition = Definition::read_saved(&self.document)?;
        Ok(PublishedWorkflow { id: self.id.clone(), version: self.version.next(), definition })
    }

    fn next_revision(&self, now: DateTime<Utc>) -> Self {
        Self { revision: self.revision.next(), updated_at: now, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use serde_json::json;

    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
    }

    fn draft() -> Workflow {
        let document = json!({"name": "w", "trigger": {"type": "manual"},
            "steps": [{"id": "tag", "type": "add_tag", "tag": "VIP"}]});
        Workflow::draft(WorkflowId::new(at(0), [1; 10]), document, at(0))
    }

    #[test]
    fn given_a_draft_when_published_then_version_1() {
        assert_eq!(draft().publishing(), LifecycleChange::Needed);
        let published = draft().published(at(1));
        let expected = Workflow {
            status: WorkflowStatus::Published,
            version: WorkflowVersion::FIRST,
            revision: Revision::new(2),
            has_unpublished_changes: false,
            updated_at: at(1),
            ..draft()
        };
        assert_eq!(published, expected);
    }

    #[test]
    fn given_a_published_workflow_when_published_again_then_nothing() {
        assert_eq!(draft().published(at(1)).publishing(), LifecycleChange::None);
    }

    #[test]
    fn given_a_published_workflow_when_saved_then_it_can_be_published_as_the_next_version() {
        let saved = draft().published(at(1)).with_document(json!({}), at(2));
        assert_eq!((saved.status, saved.version.get(), saved.revision.get()), (WorkflowStatus::Published, 1, 3));
        assert_eq!(saved.publishing(), LifecycleChange::Needed);
        assert_eq!(saved.published(at(3)).version.get(), 2);
    }

    #[test]
    fn given_a_paused_workflow_when_published_then_a_new_version() {
        let paused = draft().published(at(1)).paused(at(2));
        assert_eq!((paused.publishing(), paused.published(at(3)).version.get()), (LifecycleChange::Needed, 2));
    }

    #[test]
    fn pausing_needs_a_published_workflow() {
        let published = draft().published(at(1));
        assert_eq!(draft().pausing(), LifecycleChange::NotPublished);
        assert_eq!(published.pausing(), LifecycleChange::Needed);
        assert_eq!(published.paused(at(2)).pausing(), LifecycleChange::None);
    }

    #[test]
    fn only_a_published_workflow_is_replayable() {
        let published = draft().published(at(1));
        assert!(published.is_replayable());
        assert!(published.with_document(json!({}), at(2)).is_replayable(), "the published version is replayed");
        assert!(!draft().is_replayable() && !published.paused(at(2)).is_replayable());
    }

    #[test]
    fn deleted_workflow_is_paused() {
        let deleted = draft().published(at(1)).deleted(at(2));
        assert_eq!((deleted.status, deleted.is_deleted, deleted.revision.get()), (WorkflowStatus::Paused, true, 3));
        assert!(!deleted.is_replayable());
    }

    #[test]
    fn next_version_reads_the_saved_document() {
        let next = draft().published(at(1)).next_version().unwrap();
        assert_eq!((next.version.get(), next.definition.name.as_str()), (2, "w"));
        assert!(draft().with_document(json!({}), at(1)).next_version().is_err());
    }
}
