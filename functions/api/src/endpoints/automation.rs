//! Workflows, executions and templates.

pub(crate) mod dry_runs;
pub(crate) mod executions;
pub(crate) mod templates;
pub(crate) mod workflow_templates;
pub(crate) mod workflows;
