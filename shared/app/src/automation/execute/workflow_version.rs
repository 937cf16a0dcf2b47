//! Looks up the workflow version that an execution runs.

use std::sync::Arc;

use couponflow_domain::automation::execution::Execution;
use couponflow_domain::automation::workflow::PublishedWorkflow;

use crate::automation::ports::AutomationStore;
use crate::kernel::error::StoreError;

/// Reads the workflow version that an execution started with.
pub(super) async fn version_of(
    store: &impl AutomationStore,
    execution: &Execution,
) -> Result<Arc<PublishedWorkflow>, StoreError> {
    let (id, version) = (&execution.workflow_id, execution.workflow_version);
    let damaged = || {
        StoreError::damaged(
            "reading the workflow version of an execution",
            format!("workflow {id} has no version {version}"),
        )
    };
    store.version(id, version).await?.ok_or_else(damaged)
}
