//! Workflows and their versions.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use crate::failure::Fault;
use crate::format;

/// Workflow, without its document.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Workflow {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) trigger: Value,
    pub(crate) status: String,
    pub(crate) version: i64,
    pub(crate) has_unpublished_changes: bool,
    pub(crate) updated_at: DateTime<Utc>,
    #[serde(default)]
    pub(crate) warnings: Vec<Fault>,
}

impl Workflow {
    /// Returns the trigger in words.
    pub(crate) fn trigger(&self) -> String {
        format::state(self.trigger["type"].as_str().unwrap_or_default())
    }
}

/// Published version of a workflow.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct WorkflowVersion {
    pub(crate) name: String,
    pub(crate) version: i64,
    pub(crate) published_at: Option<DateTime<Utc>>,
    pub(crate) created_by: Option<String>,
}
