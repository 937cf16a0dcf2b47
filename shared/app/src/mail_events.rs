//! What follows from what became of a mail.

use couponflow_domain::mail_event::MailEvent;

use crate::error::StoreError;
use crate::ports::Suppressions;

/// Puts the recipients of a mail that came back for good, or that they called spam, on the suppression list. Doing it
/// again changes nothing.
///
/// # Errors
/// Where the store fails; doing it again finishes it.
pub async fn take_mail_event(store: &impl Suppressions, event: &MailEvent) -> Result<(), StoreError> {
    if let Some(reason) = event.suppresses() {
        for email in &event.recipients {
            store.suppress(email, reason, event.at).await?;
        }
    }
    Ok(())
}
