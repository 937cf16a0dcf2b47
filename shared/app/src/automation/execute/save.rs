//! Saves the state of an execution.

use couponflow_domain::automation::execution::Execution;

use super::wake::wake;
use crate::automation::ports::AutomationStore;
use crate::kernel::error::StoreError;

/// Saves the next state of an execution. If the execution waits, also sets the timer that resumes
/// the execution. Returns false on a conflict.
pub(super) async fn save(store: &impl AutomationStore, next: &Execution) -> Result<bool, StoreError> {
    let timer = next.timer_due().map(|due_at| wake(next, due_at));
    store.save(next, timer.as_ref()).await
}
