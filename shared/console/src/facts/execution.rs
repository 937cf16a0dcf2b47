//! Executions and their steps.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

/// Execution of a workflow.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Execution {
    pub(crate) id: String,
    pub(crate) workflow_id: String,
    pub(crate) workflow_version: i64,
    pub(crate) event_id: String,
    pub(crate) event_type: String,
    pub(crate) contact: Option<String>,
    pub(crate) parent: Option<String>,
    pub(crate) status: String,
    pub(crate) detail: Option<String>,
    pub(crate) wake_at: Option<DateTime<Utc>>,
    pub(crate) steps: Vec<ExecutedStep>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

/// Step of an execution.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ExecutedStep {
    pub(crate) id: String,
    pub(crate) r#type: String,
    pub(crate) status: String,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) input: Value,
    pub(crate) output: Value,
    pub(crate) detail: Option<String>,
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) finished_at: Option<DateTime<Utc>>,
}

impl ExecutedStep {
    /// Returns the duration in words. Empty for an unfinished step.
    pub(crate) fn duration(&self) -> String {
        let Some(finished_at) = self.finished_at else { return String::new() };
        let ms = (finished_at - self.started_at).num_milliseconds();
        match ms {
            ..1_000 => format!("{ms} ms"),
            1_000..120_000 => format!("{} s", ms / 1_000),
            120_000..7_200_000 => format!("{} min", ms / 60_000),
            _ => format!("{} h", ms / 3_600_000),
        }
    }
}

/// Attempt of a step.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Attempt {
    pub(crate) number: i64,
    pub(crate) outcome: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) started_at: DateTime<Utc>,
}
