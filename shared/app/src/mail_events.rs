//! What follows from what became of a mail.

use couponflow_domain::contact::Details;
use couponflow_domain::mail_event::MailEvent;

use crate::contacts;
use crate::error::StoreError;
use crate::execute::settle_mail;
use crate::ports::{Automation, Clock, Rng};

/// Puts the recipients of a mail that came back for good, or that they called spam, on the suppression list, ends the
/// consent of those who did the latter, and settles the step that sent it. Doing it again changes nothing.
///
/// # Errors
/// Where the store fails; doing it again finishes it.
pub async fn take_mail_event(
    store: &impl Automation,
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
                let complained = |details: &Details| Ok(details.without_consent("complaint"));
                contacts::edit(store, &contact.id, |_| true, complained, system.now()).await?;
            }
        }
    }
    settle_mail(store, system, event).await
}
