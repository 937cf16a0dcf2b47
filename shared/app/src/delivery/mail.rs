//! Sends the e-mail of a step.

mod plain_text;

pub use plain_text::plain_text;

use chrono::SecondsFormat;
use couponflow_domain::automation::execution::Outcome;
use couponflow_domain::delivery::mail::{Suppression, tags};
use couponflow_domain::kernel::ids::ExecutionId;
use couponflow_domain::kernel::personal::PersonalText;
use couponflow_domain::purchases::customer::Email;
use couponflow_domain::tenants::tenant::TenantId;
use serde_json::{Map, json};

use crate::contacts::ports::ContactStore;
use crate::delivery::ports::{Mail, Outbound};
use crate::kernel::error::StoreError;
use crate::tenants::ports::AccessStore;

/// Rendered e-mail of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub to: Vec<Email>,
    pub subject: PersonalText,
    pub html: Option<PersonalText>,
    /// Plain-text body. If `None`, the body is derived from `html`.
    pub text: Option<PersonalText>,
    /// URL for one-click unsubscribe.
    pub unsubscribe_url: Option<PersonalText>,
    pub tenant: TenantId,
    pub execution_id: ExecutionId,
    pub step_id: String,
}

/// Sends the e-mail of a step from the tenant's sender. If the mail service accepts the e-mail, the
/// step is completed and has the output `message_id`.
///
/// # Errors
/// Returns an error if the store fails. In that case, no e-mail was sent.
pub async fn deliver(store: &impl AccessStore, outbound: &impl Outbound, draft: Draft) -> Result<Outcome, StoreError> {
    let mail = Mail {
        from: store.profile().await?.settings.sender.clone(),
        tags: tags(&draft.tenant, &draft.execution_id, &draft.step_id),
        to: draft.to,
        subject: draft.subject,
        text: draft.text.or_else(|| draft.html.as_deref().map(|html| plain_text(html).into())),
        html: draft.html,
        unsubscribe_url: draft.unsubscribe_url,
    };
    Ok(match outbound.send_mail(&mail).await {
        Ok(id) => Outcome::Completed(Map::from_iter([("message_id".to_owned(), json!(id))])),
        Err(error) => error.into_outcome("email"),
    })
}

/// Returns the recipients that are not on the suppression list.
///
/// # Errors
/// Returns an error if the store fails. The inner error is the reason why no recipient gets the e-mail.
pub async fn permitted_recipients(
    store: &impl ContactStore,
    to: Vec<Email>,
    to_contact: bool,
) -> Result<Result<Vec<Email>, String>, StoreError> {
    let (mut permitted, mut why) = (Vec::with_capacity(to.len()), None);
    let suppressions = store.suppressions(&to).await?;
    for (email, suppression) in to.into_iter().zip(suppressions) {
        match suppression {
            Some(suppression) => why = Some(reason(&suppression, to_contact)),
            None => permitted.push(email),
        }
    }
    Ok(match why {
        Some(why) if permitted.is_empty() => Err(why),
        _ => Ok(permitted),
    })
}

fn reason(Suppression { reason, at }: &Suppression, to_contact: bool) -> String {
    let at = at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let who = if to_contact { "the contact is" } else { "every recipient is" };
    format!("{who} on the suppression list: {} at {at}", reason.into_str())
}
