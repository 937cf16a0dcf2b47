//! Handles delivery events of e-mails, such as bounces.

use couponflow_domain::contacts::contact::ContactDetails;
use couponflow_domain::delivery::mail_event::MailEvent;

use crate::automation::execute::settle_mail;
use crate::automation::ports::AutomationStore;
use crate::contacts::edit;
use crate::kernel::error::StoreError;
use crate::kernel::system::{Clock, Rng};

/// Handles a delivery event. Adds the recipients of a hard bounce or a spam complaint to the
/// suppression list, withdraws the consent of contacts who complained, and records the delivery
/// status in the step that sent the e-mail. Idempotent.
///
/// # Errors
/// Returns an error if the store fails. A repeated call completes the handling.
pub async fn handle_mail_event(
    store: &impl AutomationStore,
    system: &(impl Clock + Rng),
    event: &MailEvent,
) -> Result<(), StoreError> {
    if let Some(reason) = event.suppresses() {
        for email in &event.recipients {
            store.suppress(email, reason, event.at).await?;
        }
    }
    if event.withdraws_consent() {
        for email in &event.recipients {
            if let Some(contact) = store.contact_by_email(email).await? {
                let complained = |details: &ContactDetails| Ok(details.without_consent("complaint"));
                edit::edit(store, &contact.id, |_| true, complained, system.now()).await?;
            }
        }
    }
    settle_mail(store, system, event).await
}
