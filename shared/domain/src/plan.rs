//! What an event sets in motion.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::contact::contact_id;
use crate::event::{CorrelationKey, Event};
use crate::execution::Execution;
use crate::ids::{ContactId, WorkflowId};
use crate::workflow::Definition;

/// How many workflows may lead to one another.
const LONGEST_CHAIN: usize = 10;

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

/// An execution to begin, and under what conditions.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The execution, not yet begun.
    pub execution: Execution,
    /// What the workflow says of its contact, where it has one.
    pub admission: Option<Admission>,
}

/// When a contact may enter a workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Admission {
    /// Who.
    pub contact: ContactId,
    /// Whether again, when the execution before is over; else once, ever.
    pub re_entry: bool,
    /// How often in an hour of the clock.
    pub max_per_hour: Option<i64>,
}

impl Entry {
    /// The entry of an execution by the rules of its workflow.
    pub fn new(execution: Execution, workflow: &Definition) -> Self {
        let admission = execution.contact.clone().map(|contact| Admission {
            contact,
            re_entry: workflow.settings.re_entry,
            max_per_hour: workflow.settings.max_executions_per_contact_and_hour,
        });
        Self { execution, admission }
    }

    /// The same, whose execution is told of events with these keys too.
    #[must_use]
    pub fn correlated(self, keys: BTreeSet<CorrelationKey>) -> Self {
        Self { execution: self.execution.correlated(keys), ..self }
    }
}

/// The execution of a workflow for an event whose customer was erased: without them, and with the id that it would have
/// with them, so that an event that was handled before the erasure begins nothing again.
pub fn entry_of_erased(event: &Event, workflow: &Published, chain: &[WorkflowId], now: DateTime<Utc>) -> Entry {
    let contact = event.data.customer.as_ref().map(|customer| contact_id(customer, now));
    let Entry { execution, .. } = entry(event, contact.as_ref(), workflow, chain, now);
    let why_skipped = execution.detail.clone();
    let mut execution = execution.without_contact();
    execution.detail = why_skipped.or(execution.detail);
    Entry { execution, admission: None }
}

/// The execution of a workflow for an event and its contact. Its id is derived from them, so a workflow runs at most once
/// for an event, or for each contact of an audience, however it was started. One of the workflows whose doing led to the
/// event does not run for it: it would go round in circles.
pub fn entry(
    event: &Event,
    contact: Option<&ContactId>,
    workflow: &Published,
    chain: &[WorkflowId],
    now: DateTime<Utc>,
) -> Entry {
    let execution = Execution::new(event, contact.cloned(), workflow, chain.to_vec(), now);
    if chain.contains(&workflow.id) {
        let why = "loop guard: this workflow led to the event itself";
        return Entry { execution: execution.skipped(why), admission: None };
    }
    if chain.len() >= LONGEST_CHAIN {
        let why = format!("loop guard: {LONGEST_CHAIN} workflows led to the event one after the other");
        return Entry { execution: execution.skipped(why), admission: None };
    }
    Entry::new(execution, &workflow.definition)
}
