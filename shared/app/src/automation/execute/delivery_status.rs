//! Delivery status of the e-mails that executions sent.

use couponflow_domain::delivery::mail_event::MailEvent;

use super::retry_budget::MAX_CONFLICT_RETRIES;
use super::wake::wake;
use super::workflow_version::version_of;
use crate::automation::ports::AutomationStore;
use crate::kernel::error::StoreError;
use crate::kernel::system::{Clock, Rng};

/// Records the delivery status of an e-mail in the step that sent the e-mail. If the status ends a wait of the
/// execution, also sets a timer that resumes the execution at once.
///
/// # Errors
/// Returns an error if the store fails, or if every attempt conflicts with a concurrent write.
pub async fn settle_mail(
    store: &impl AutomationStore,
    system: &(impl Clock + Rng),
    event: &MailEvent,
) -> Result<(), StoreError> {
    for _ in 0..MAX_CONFLICT_RETRIES {
        let Some(execution) = store.execution(&event.execution_id).await? else { return Ok(()) };
        let workflow = version_of(store, &execution).await?;
        let now = system.now();
        let Some(next) = execution.apply_mail_event(&workflow.definition, event, now) else { return Ok(()) };
        let goes_on = next.position != execution.position || next.status != execution.status;
        let timer = (goes_on && !next.status.is_over()).then(|| wake(&next, now));
        if store.save(&next, timer.as_ref()).await? {
            return Ok(());
        }
    }
    Err(StoreError::Busy { doing: "recording the delivery status of an e-mail" })
}
