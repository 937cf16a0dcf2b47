//! Published versions of workflows.

use super::Definition;
use crate::kernel::counters::WorkflowVersion;
use crate::kernel::ids::WorkflowId;

/// Published workflow: one version of its definition.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishedWorkflow {
    pub id: WorkflowId,
    /// Version of the definition, from 1.
    pub version: WorkflowVersion,
    pub definition: Definition,
}
