//! Webhook, Slack and SNS steps with failing receivers.

use chrono::TimeDelta;
use couponflow_app::delivery::outbound::{notify_slack, notify_topic, post_webhook};
use couponflow_app::delivery::ports::SigningSecrets as _;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::dynamo::TenantStore;
use couponflow_aws::topics::Sns;
use couponflow_domain::automation::execution::Outcome;
use couponflow_domain::delivery::webhook::{RetryAfter, SigningSecret, signed_headers};
use couponflow_domain::kernel::ids::SigningSecretId;
use couponflow_outbound::HttpPoster;
use couponflow_tests::fixtures::{at, tenant};
use couponflow_tests::receiver::{Receiver, answer, header};
use couponflow_tests::scripted::{Reply, ScriptedService};
use couponflow_tests::table::Dynamo;
use serde_json::json;

fn poster() -> HttpPoster {
    HttpPoster::new(true).unwrap()
}

fn secret() -> SigningSecret {
    SigningSecret::new(SigningSecretId::new(at(0), [1; 10]), [[1; 10]; 3], at(0))
}

async fn store() -> TenantStore {
    Dynamo::start().await.instance().of(&tenant("demo"))
}

async fn posted(store: &TenantStore, receiver: &Receiver) -> Outcome {
    post_webhook(&poster(), store, "exe_1_tell", &receiver.url(), ("application/json", "{}"), at(5_000)).await.unwrap()
}

#[tokio::test]
async fn a_webhook_is_signed_and_its_status_becomes_the_output() {
    let (store, receiver) = (store().await, Receiver::answering(answer("202 Accepted", "", "")).await);
    store.rotate(secret(), at(0)).await.unwrap();
    let outcome = posted(&store, &receiver).await;
    assert!(matches!(outcome, Outcome::Completed(output) if output["status"] == json!(202)));
    let request = &receiver.requests()[0];
    for (name, value) in signed_headers("exe_1_tell", at(5_000), "{}", &[secret()]) {
        assert_eq!(header(request, name), Some(value.as_str()), "{name}");
    }
    assert_eq!(header(request, "content-type"), Some("application/json"));
}

#[tokio::test]
async fn a_webhook_fails_without_a_signing_secret() {
    let (store, receiver) = (store().await, Receiver::answering(answer("200 OK", "", "")).await);
    let outcome = posted(&store, &receiver).await;
    assert!(matches!(outcome, Outcome::Failed(why) if why.contains("POST /v1/webhook-secrets")));
    assert!(receiver.requests().is_empty());
}

#[tokio::test]
async fn an_unknown_outcome_is_retried_only_for_webhooks() {
    let (store, hanging_up) = (store().await, Receiver::start(|_| async {}).await);
    store.rotate(secret(), at(0)).await.unwrap();
    assert!(matches!(posted(&store, &hanging_up).await, Outcome::Retry(_)));
    assert!(matches!(notify_slack(&poster(), &hanging_up.url(), "Sold out").await, Outcome::Unknown(_)));
}

#[tokio::test]
async fn a_slack_response_decides_the_outcome() {
    let of = async |status: &str| {
        let channel = Receiver::answering(answer(status, "", "ok")).await;
        let outcome = notify_slack(&poster(), &channel.url(), "FLASH20 <!channel>").await;
        (outcome, channel.requests().remove(0))
    };
    let (said, request) = of("200 OK").await;
    assert!(matches!(said, Outcome::Completed(_)));
    assert!(request.ends_with(r#"{"text":"FLASH20 &lt;!channel&gt;"}"#), "{request}");
    assert!(matches!(of("404 Not Found").await.0, Outcome::Failed(_)));
    assert!(matches!(of("429 Too Many Requests").await.0, Outcome::Retry(_)));
}

#[tokio::test]
async fn retry_after_delays_webhooks_and_slack_messages() {
    let asked = RetryAfter::Delay(TimeDelta::minutes(10));
    let busy = Receiver::answering(answer("429 Too Many Requests", "retry-after: 600\r\n", "")).await;
    let store = store().await;
    store.rotate(secret(), at(0)).await.unwrap();
    assert!(
        matches!(posted(&store, &busy).await, Outcome::RetryAfter(why, after) if why.contains("429") && after == asked)
    );
    let said = notify_slack(&poster(), &busy.url(), "Sold out").await;
    assert!(matches!(said, Outcome::RetryAfter(why, after) if why.contains("429") && after == asked));
}

#[tokio::test]
async fn a_topic_of_another_tenant_is_rejected() {
    let published = "<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>";
    let service = ScriptedService::start(|_, _| Reply::Xml(200, published.to_owned())).await;
    let notify = async |topic: &str| {
        let arn = format!("arn:aws:sns:us-east-1:000000000000:{topic}");
        notify_topic(&Sns::new(&service.config), &tenant("demo"), &arn, None, "Sold out").await
    };
    assert!(matches!(notify("couponflow-other_sales").await, Outcome::Failed(why) if why.contains("couponflow-demo_")));
    assert!(service.requests().is_empty());
    assert!(matches!(notify("couponflow-demo_sales").await, Outcome::Completed(_)));
    assert_eq!(service.requests().len(), 1);
}
