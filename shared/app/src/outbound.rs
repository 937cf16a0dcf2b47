//! stand-in
#![allow(missing_docs, reason = "stand-in")]
use crate::error::StoreError;
use crate::ports::*;
use couponflow_domain::execution::Outcome;
use couponflow_domain::tenant::TenantId;
fn out(r: Result<(), PostError>) -> Outcome {
    match r {
        Ok(()) => Outcome::Completed(Default::default()),
        Err(PostError::Retry(w)) => Outcome::Retry(w),
        Err(PostError::Refused(w)) => Outcome::Failed(w),
        Err(PostError::Unknown(w)) => Outcome::Unknown(w),
    }
}
pub async fn post_webhook(
    w: &impl Webhooks,
    _: &impl SigningSecrets,
    id: &str,
    url: &str,
    body: &str,
    _: chrono::DateTime<chrono::Utc>,
) -> Result<Outcome, StoreError> {
    Ok(out(w
        .post(&Outbound { url: url.into(), headers: vec![("webhook-id".into(), id.into())], body: body.into() })
        .await
        .map(|_| ())))
}
pub async fn notify_slack(w: &impl Webhooks, url: &str, text: &str) -> Outcome {
    out(w.post(&Outbound { url: url.into(), headers: vec![], body: text.into() }).await.map(|_| ()))
}
pub async fn notify_topic(t: &impl Topics, _: &TenantId, arn: &str, subject: Option<&str>, text: &str) -> Outcome {
    out(t.publish(arn, subject, text).await)
}
