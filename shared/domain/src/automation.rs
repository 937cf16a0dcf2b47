//! Workflows: their triggers, filters, templates and executions.

pub mod actions;
pub mod admission;
pub mod execution;
pub mod filter;
pub mod lifecycle;
pub mod plan;
pub mod prepare;
pub mod template;
pub mod trigger_catalog;
pub mod workflow;
pub mod workflow_template;
