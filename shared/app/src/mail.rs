//! stand-in
#![allow(missing_docs, reason = "stand-in")]
use crate::error::StoreError;
use crate::ports::*;
use couponflow_domain::customer::Email;
use couponflow_domain::execution::Outcome;
use couponflow_domain::ids::ExecutionId;
use couponflow_domain::tenant::TenantId;
pub struct Draft {
    pub to: Vec<Email>,
    pub subject: String,
    pub html: Option<String>,
    pub text: Option<String>,
    pub unsubscribe_url: Option<String>,
    pub tenant: TenantId,
    pub execution_id: ExecutionId,
    pub step_id: String,
    pub to_contact: bool,
}
pub async fn deliver(
    _: &(impl Suppressions + Settings),
    mailer: &impl Mailer,
    d: Draft,
) -> Result<Outcome, StoreError> {
    let mail = Mail { to: d.to, subject: d.subject, html: d.html, text: d.text, tag: d.step_id };
    Ok(match mailer.send(&mail).await {
        Ok(()) => Outcome::Completed(Default::default()),
        Err(error @ MailError::Retry(_)) => Outcome::Retry(error.to_string()),
        Err(error @ MailError::Refused(_)) => Outcome::Failed(error.to_string()),
        Err(error @ MailError::Unknown(_)) => Outcome::Unknown(error.to_string()),
    })
}
