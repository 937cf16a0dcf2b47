//! Workflows and executions.

pub(crate) mod correlation;
mod execution_pages;
pub(crate) mod executions;
mod port;
pub(crate) mod published_workflows;
pub(crate) mod stored_execution;
pub(crate) mod stored_step;
mod trigger_lists;
pub(crate) mod workflow_cache;
pub(crate) mod workflow_items;
pub(crate) mod workflows;
