//! Workflows: triggers, filters, templates, executions and their rules.

pub mod admission;
pub mod execution;
pub mod filter;
pub mod plan;
pub mod template;
pub mod trigger_catalog;
pub mod workflow;
pub mod workflow_template;
