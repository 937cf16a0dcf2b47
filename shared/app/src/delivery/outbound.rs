//! Steps that send webhooks, Slack messages and SNS notifications.

use chrono::{DateTime, Utc};
use couponflow_domain::automation::execution::Outcome;
use couponflow_domain::delivery::topic::TopicArn;
use couponflow_domain::delivery::webhook::{signed_headers, slack_body};
use couponflow_domain::tenants::tenant::TenantId;
use serde_json::{Map, json};

use crate::delivery::ports::{DeliveryStore, Outbound, OutboundRequest, PostResponse};
use crate::delivery::send_error::SendError;
use crate::kernel::error::StoreError;

/// Reason why a webhook fails if the tenant has no signing secret.
pub(crate) const NO_SECRET: &str = "create a signing secret first: POST /v1/webhook-secrets";

/// Posts a signed webhook. `id` is the same for each attempt, so the receiver can detect
/// duplicates. Therefore an attempt with an unknown outcome is retried like a failed attempt.
///
/// # Errors
/// Returns an error if the signing secrets cannot be read.
pub async fn post_webhook(
    outbound: &impl Outbound,
    store: &impl DeliveryStore,
    id: &str,
    url: &str,
    (content_type, body): (&str, &str),
    now: DateTime<Utc>,
) -> Result<Outcome, StoreError> {
    let secrets = store.signing_secrets(now).await?;
    if secrets.is_empty() {
        return Ok(Outcome::Failed(NO_SECRET.to_owned()));
    }
    let signed = signed_headers(id, now, body, &secrets);
    let signed = signed.map(|(name, value)| (name.to_owned(), value));
    let request = request(url, content_type, signed, body.to_owned());
    Ok(match outcome("webhook", outbound.post(&request).await) {
        Outcome::Unknown(reason) => Outcome::Retry(reason),
        outcome => outcome,
    })
}

/// Posts `text` to an incoming webhook of Slack, or of a service that accepts the same format. Such a receiver cannot
/// detect duplicates, so an attempt with an unknown outcome is not retried.
pub async fn notify_slack(outbound: &impl Outbound, url: &str, text: &str) -> Outcome {
    outcome("slack", outbound.post(&request(url, "application/json", [], slack_body(text))).await)
}

/// Publishes `text` to an SNS topic that belongs to the tenant.
pub async fn notify_topic(
    outbound: &impl Outbound,
    tenant: &TenantId,
    topic_arn: &str,
    subject: Option<&str>,
    text: &str,
) -> Outcome {
    match topic_of(topic_arn, tenant) {
        Err(why) => Outcome::Failed(why),
        Ok(topic) => match outbound.publish_to_topic(&topic, subject, text).await {
            Ok(()) => Outcome::Completed(Map::new()),
            Err(error) => error.into_outcome("sns"),
        },
    }
}

/// Parses the ARN of a topic that belongs to the tenant.
///
/// # Errors
/// Returns an error if a step cannot publish to this topic. The error is the reason.
pub(crate) fn topic_of(topic_arn: &str, tenant: &TenantId) -> Result<TopicArn, String> {
    TopicArn::parse(topic_arn, tenant).map_err(|error| format!("topic_arn {error}"))
}

fn request<const N: usize>(
    url: &str,
    content_type: &str,
    headers: [(String, String); N],
    body: String,
) -> OutboundRequest {
    let content_type = ("content-type".to_owned(), content_type.to_owned());
    OutboundRequest {
        url: url.to_owned(),
        headers: [content_type].into_iter().chain(headers).collect(),
        body: body.into(),
    }
}

fn outcome(channel: &'static str, posted: Result<PostResponse, SendError>) -> Outcome {
    match posted {
        Ok(PostResponse { status, .. }) => Outcome::Completed(Map::from_iter([("status".to_owned(), json!(status))])),
        Err(error) => error.into_outcome(channel),
    }
}
