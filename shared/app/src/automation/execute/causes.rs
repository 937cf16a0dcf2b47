//! Finds the workflows that caused an event.

use couponflow_domain::events::event::Event;
use couponflow_domain::kernel::ids::WorkflowId;

use crate::automation::context::AutomationStore;
use crate::kernel::error::{StoreError, chain};

/// Returns the chain of workflows that caused an event. Empty if no execution caused the event, or if the stored
/// execution is damaged.
pub(crate) async fn causes(store: &impl AutomationStore, event: &Event) -> Result<Vec<WorkflowId>, StoreError> {
    let Some(cause) = &event.data.coupon.caused_by else { return Ok(Vec::new()) };
    match store.execution(cause).await {
        Err(error @ StoreError::Damaged { .. }) => {
            tracing::error!(
                error = %chain(&error),
                event.id = %event.id(),
                "Could not read the causing execution; treating the event as uncaused"
            );
            Ok(Vec::new())
        }
        read => Ok(read?.map(|cause| cause.chain_for_effects()).unwrap_or_default()),
    }
}
