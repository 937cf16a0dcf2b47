//! What an event sets in motion.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::event::Event;
use crate::execution::Execution;
use crate::ids::{ContactId, WorkflowId};
use crate::workflow::Definition;

/// A published workflow: one version of its definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// The workflow.
    pub id: WorkflowId,
    /// Which version, from 1.
    pub version: i64,
    /// What it says.
    pub definition: Definition,
}

/// An execution to begin, and the promise that its contact enters the workflow once.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The execution, not yet begun.
    pub execution: Execution,
    /// The contact who must not have entered the workflow before; none where re-entry is on or nobody is meant.
    pub once_for: Option<ContactId>,
}

/// The executions that an event begins, one for each of the workflows that want it, in the order given.
pub fn plan(event: &Event, contact: Option<&ContactId>, wanting: &[Arc<Published>], now: DateTime<Utc>) -> Vec<Entry> {
    wanting.iter().map(|workflow| entry(event, contact, workflow, now)).collect()
}

/// The execution of one workflow for an event. Its id is derived from both, so a workflow runs at most once for an
/// event, however it was started: a workflow that starts itself ends there.
pub fn entry(event: &Event, contact: Option<&ContactId>, workflow: &Published, now: DateTime<Utc>) -> Entry {
    let execution = Execution::new(event, contact.cloned(), workflow, now);
    let once_for = contact.filter(|_| !workflow.definition.re_entry).cloned();
    Entry { execution, once_for }
}
