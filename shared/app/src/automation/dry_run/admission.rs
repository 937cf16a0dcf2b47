//! Decides whether an execution would start. Applies the same admission rules as a real start.

use std::collections::{HashMap, HashSet};

use couponflow_domain::automation::admission::{Entries, LastEntry};
use couponflow_domain::automation::execution::{Execution, ExecutionStatus};
use couponflow_domain::automation::plan::WorkflowEntry;

use crate::automation::ports::AutomationStore;
use crate::kernel::error::StoreError;

/// Reason why a workflow that has an execution for the event is not started again.
pub(in crate::automation) const ALREADY_RUN: &str = "the workflow has already run for this event";

/// Executions that earlier events of the same request would have started.
#[derive(Debug, Default)]
pub(in crate::automation) struct EarlierStarts {
    executions: HashSet<String>,
    contacts: HashMap<String, (LastEntry, i64)>,
}

impl EarlierStarts {
    /// Counts an execution that would have started. `is_over` states whether the execution would
    /// have ended before the next event.
    pub(super) fn count(&mut self, execution: &Execution, is_over: bool) {
        self.executions.insert(execution.id.key().to_owned());
        if let Some(contact) = &execution.contact {
            let last = LastEntry { is_over, ..LastEntry::of(execution) };
            let times = self.contacts.get(contact.key()).map_or(0, |(_, times)| *times);
            self.contacts.insert(contact.key().to_owned(), (last, times + 1));
        }
    }
}

/// Returns the reason why an execution would be skipped. `None` if the execution would start.
///
/// # Errors
/// Returns an error if the store fails.
pub(in crate::automation) async fn skip_reason(
    store: &impl AutomationStore,
    entry: &WorkflowEntry,
    before: Option<&EarlierStarts>,
) -> Result<Option<String>, StoreError> {
    let execution = &entry.execution;
    if execution.status != ExecutionStatus::Skipped {
        if before.is_some_and(|before| before.executions.contains(execution.id.key())) {
            return Ok(Some(ALREADY_RUN.to_owned()));
        }
        if let Some(existing) = store.execution(&execution.id).await? {
            let skipped = existing.detail.filter(|_| existing.status == ExecutionStatus::Skipped);
            return Ok(Some(skipped.unwrap_or_else(|| ALREADY_RUN.to_owned())));
        }
    }
    let mut entries = match &entry.admission {
        Some(admission) => store.entries(&execution.workflow_id, admission, execution.created_at).await?,
        None => Entries::default(),
    };
    let contact = execution.contact.as_ref();
    if let Some((last, times)) = contact.and_then(|contact| before?.contacts.get(contact.key())) {
        entries.last = Some(last.clone());
        entries.in_this_hour += times;
    }
    Ok(entry.admit(&entries).err().map(|why| why.to_string()))
}
