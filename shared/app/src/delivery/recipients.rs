//! Confirmation of the recipients of messages to the shop's team.

use chrono::{DateTime, Utc};
use couponflow_domain::automation::execution::Outcome;
use couponflow_domain::delivery::recipient::{
    CONFIRMATION_STEP, ConfirmationLink, ConfirmationToken, Recipient, recipient_key,
};
use couponflow_domain::kernel::ids::ExecutionId;
use couponflow_domain::purchases::customer::Email;
use couponflow_domain::tenants::tenant::TenantId;

use crate::delivery::mail::{Draft, deliver};
use crate::delivery::ports::{DeliveryStore, Outbound};
use crate::kernel::error::StoreError;
use crate::kernel::system::{Clock, Rng};
use crate::tenants::ports::AccessStore;

/// Recipients of a message, except those who were asked and have not confirmed yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recipients {
    /// Get the message.
    pub confirmed: Vec<Email>,
    /// Get an e-mail with a confirmation link instead.
    pub to_ask: Vec<Email>,
}

/// Sorts the recipients of a message to the shop's team by whether they have confirmed their addresses.
///
/// # Errors
/// Returns an error if the store fails.
pub async fn sort(store: &impl DeliveryStore, to: Vec<Email>, now: DateTime<Utc>) -> Result<Recipients, StoreError> {
    let mut recipients = Recipients::default();
    for email in to {
        let recipient = store.recipient(&recipient_key(&email)).await?;
        if recipient.as_ref().is_some_and(Recipient::is_confirmed) {
            recipients.confirmed.push(email);
        } else if recipient.is_none_or(|recipient| recipient.may_be_asked(now)) {
            recipients.to_ask.push(email);
        }
    }
    Ok(recipients)
}

/// Sends an e-mail with a confirmation link to a recipient, unless another step has asked the recipient. Returns the
/// outcome of a failed attempt. After a failed attempt, the next message asks the recipient again.
///
/// # Errors
/// Returns an error if the store fails.
pub async fn ask(
    store: &(impl DeliveryStore + AccessStore),
    outbound: &impl Outbound,
    system: &(impl Clock + Rng),
    (tenant, execution_id): (&TenantId, &ExecutionId),
    email: Email,
) -> Result<Option<Outcome>, StoreError> {
    let (recipient_key, token) = (recipient_key(&email), ConfirmationToken::new(system.bits()));
    if !store.ask_recipient(&recipient_key, &token, system.now()).await? {
        return Ok(None);
    }
    let link = ConfirmationLink { tenant: tenant.clone(), recipient_key, token };
    let draft = Draft {
        to: vec![email],
        subject: link.subject().into(),
        html: None,
        text: Some(link.text(outbound.public_url()).into()),
        unsubscribe_url: None,
        tenant: tenant.clone(),
        execution_id: execution_id.clone(),
        step_id: CONFIRMATION_STEP.to_owned(),
    };
    let outcome = deliver(store, outbound, draft).await;
    // If the outcome is unknown, the e-mail may have been sent. A second e-mail could annoy a stranger.
    if let Ok(Outcome::Completed(_) | Outcome::Unknown(_)) = outcome {
        return Ok(None);
    }
    store.forget_request(&link.recipient_key, &link.token).await?;
    outcome.map(Some)
}
