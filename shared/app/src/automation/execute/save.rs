//! Saving the state of an execution.

use couponflow_domain::automation::execution::Execution;

use super::wake::wake;
use crate::automation::context::AutomationStore;
use crate::kernel::error::StoreError;

/// Saves a state together with the timer that resumes the execution, if it waits. Returns false on a conflict.
pub(super) async fn save(store: &impl AutomationStore, next: &Execution) -> Result<bool, StoreError> {
    let timer = next.timer_due().map(|due_at| wake(next, due_at));
    store.save(next, timer.as_ref()).await
}
