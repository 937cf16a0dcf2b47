//! Handles delivery events of e-mails, such as bounces.

use couponflow_domain::contacts::contact::ContactDetails;
use couponflow_domain::delivery::mail_event::MailEvent;
use couponflow_domain::delivery::mail_pause::{CountedReport, MailPause};

use crate::automation::execute::settle_mail;
use crate::automation::ports::AutomationStore;
use crate::contacts::edit;
use crate::kernel::error::StoreError;
use crate::kernel::system::{Clock, Rng};

/// Handles a delivery event. Adds the recipients of a hard bounce or a spam complaint to the
/// suppression list, withdraws the consent of contacts who complained, and records the delivery
/// status in the step that sent the e-mail. Pauses the tenant's e-mail if too many of its last
/// e-mails bounced or were reported as spam. A report that arrives twice is counted twice. Everything else is idempotent.
///
/// # Errors
/// Returns an error if the store fails. A repeated call completes the handling.
pub async fn handle_mail_event(
    store: &impl AutomationStore,
    system: &(impl Clock + Rng),
    event: &MailEvent,
) -> Result<(), StoreError> {
    if let Some(report) = CountedReport::of(event.kind)
        && let Some(reason) = store.count_report(report).await?.pauses()
        && store.pause_mail(&MailPause { reason, since: system.now() }).await?
    {
        let reason: &str = reason.into();
        tracing::error!(tenant.id = %event.tenant_id, reason, "Paused the e-mail of a tenant");
    }
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
