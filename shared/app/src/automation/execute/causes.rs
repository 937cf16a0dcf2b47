//! Finds the workflows that caused an event.

use couponflow_domain::events::event::Event;
use couponflow_domain::kernel::ids::WorkflowId;

use crate::automation::ports::AutomationStore;
use crate::kernel::error::{StoreError, chain};

/// Returns the workflows that led to an event, earliest first. The last workflow caused the event.
/// Each earlier workflow led to the next workflow. Empty if no execution caused the event, or if
/// the execution that caused the event is damaged.
pub(crate) async fn causes(store: &impl AutomationStore, event: &Event) -> Result<Vec<WorkflowId>, StoreError> {
    let Some(cause) = &event.data.coupon.caused_by else { return Ok(Vec::new()) };
    match store.execution(cause).await {
        Err(error @ StoreError::Damaged { .. }) => {
            tracing::error!(
                error = %chain(&error),
                event.id = %event.id(),
                "Could not read the execution that caused an event; assuming that no execution caused it"
            );
            Ok(Vec::new())
        }
        read => Ok(read?.map(|cause| cause.chain_for_effects()).unwrap_or_default()),
    }
}
