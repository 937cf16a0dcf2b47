//! stand-in
#![allow(missing_docs, reason = "stand-in")]
use crate::error::StoreError;
use crate::ports::*;
use couponflow_domain::execution::Outcome;
use couponflow_domain::tenant::TenantId;
pub async fn post_webhook(
    _: &impl Webhooks,
    _: &impl SigningSecrets,
    _: &str,
    _: &str,
    _: &str,
    _: chrono::DateTime<chrono::Utc>,
) -> Result<Outcome, StoreError> {
    Ok(Outcome::Skipped(String::new()))
}
pub async fn notify_slack(_: &impl Webhooks, _: &str, _: &str) -> Outcome {
    Outcome::Skipped(String::new())
}
pub async fn notify_topic(_: &impl Topics, _: &TenantId, _: &str, _: Option<&str>, _: &str) -> Outcome {
    Outcome::Skipped(String::new())
}
