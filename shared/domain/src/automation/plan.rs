//! Executions that an event starts, one for each matching workflow.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::automation::execution::Execution;
use crate::automation::workflow::{Definition, PublishedWorkflow};
use crate::contacts::contact::contact_id;
use crate::events::event::{CorrelationKey, Event};
use crate::kernel::ids::{ContactId, WorkflowId};

/// Maximum number of workflows in a chain, in which each workflow causes the event of the next one.
/// After that, the loop guard skips further workflows.
const MAX_CHAIN_LENGTH: usize = 10;

/// Execution to start, with the admission rules for its contact.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkflowEntry {
    /// Execution that has not started yet.
    pub execution: Execution,
    /// Admission rules; `None` if the execution has no contact.
    pub admission: Option<Admission>,
}

/// Rules by which a contact may enter a workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Admission {
    pub contact: ContactId,
    /// Whether the contact may enter the workflow again after its previous execution has ended. If
    /// false, the contact may enter only once.
    pub re_entry: bool,
    /// Maximum number of entries in a clock hour.
    pub max_per_hour: Option<i64>,
}

impl WorkflowEntry {
    /// Builds the entry of an execution from the settings of its workflow.
    pub fn new(execution: Execution, workflow: &Definition) -> Self {
        let admission = execution.contact.clone().map(|contact| Admission {
            contact,
            re_entry: workflow.settings.re_entry,
            max_per_hour: workflow.settings.max_executions_per_contact_and_hour,
        });
        Self { execution, admission }
    }

    /// Adds correlation keys: the execution is also notified about events with these keys.
    #[must_use]
    pub fn with_correlation_keys(self, keys: BTreeSet<CorrelationKey>) -> Self {
        Self { execution: self.execution.with_correlation_keys(keys), ..self }
    }
}

/// Builds the entry for an event whose customer was erased. The execution runs without the
/// customer. Its id is still derived from the customer's contact, so that an event that was handled
/// before the erasure does not start a second execution.
pub fn entry_without_customer(
    event: &Event,
    workflow: &PublishedWorkflow,
    chain: &[WorkflowId],
    now: DateTime<Utc>,
) -> WorkflowEntry {
    let contact = event.data.customer.as_ref().map(|customer| contact_id(customer, now));
    let WorkflowEntry { execution, .. } = entry(event, contact.as_ref(), workflow, chain, now);
    let why_skipped = execution.detail.clone();
    let mut execution = execution.without_contact();
    execution.detail = why_skipped.or(execution.detail);
    WorkflowEntry { execution, admission: None }
}

/// Builds the entry for an event and its contact. The id of the execution is derived from the
/// event, the workflow and the contact, so a workflow runs at most once for the same event and
/// contact. `chain` lists the workflows that led to the event. To prevent endless loops, the
/// execution is skipped if the workflow is in `chain` or if `chain` is too long.
pub fn entry(
    event: &Event,
    contact: Option<&ContactId>,
    workflow: &PublishedWorkflow,
    chain: &[WorkflowId],
    now: DateTime<Utc>,
) -> WorkflowEntry {
    let execution = Execution::new(event, contact.cloned(), workflow, chain.to_vec(), now);
    if chain.contains(&workflow.id) {
        let why = "loop guard: this workflow led to the event itself";
        return WorkflowEntry { execution: execution.skipped(why), admission: None };
    }
    if chain.len() >= MAX_CHAIN_LENGTH {
        let why = format!("loop guard: a chain of {MAX_CHAIN_LENGTH} workflows led to the event");
        return WorkflowEntry { execution: execution.skipped(why), admission: None };
    }
    WorkflowEntry::new(execution, &workflow.definition)
}
