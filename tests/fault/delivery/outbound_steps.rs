//! Webhook, Slack and SNS steps with failing receivers.

use action_executor::OutboundClients;
use chrono::TimeDelta;
use couponflow_app::delivery::outbound::{notify_slack, notify_topic, post_webhook};
use couponflow_app::delivery::ports::DeliveryStore as _;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::dynamo::TenantStore;
use couponflow_domain::automation::execution::Outcome;
use couponflow_domain::delivery::webhook::{RetryAfter, SigningSecret, signed_headers};
use couponflow_domain::kernel::ids::SigningSecretId;
use couponflow_tests::fixtures::{at, tenant};
use couponflow_tests::local;
use couponflow_tests::outbound::outbound_clients;
use couponflow_tests::receiver::{Receiver, answer, header};
use couponflow_tests::scripted::{Reply, ScriptedService};
use couponflow_tests::table::Dynamo;
use serde_json::json;

fn secret() -> SigningSecret {
    SigningSecret::new(SigningSecretId::new(at(0), [1; 10]), [[1; 10]; 3], at(0))
}

/// A store, and the executor's clients. The clients have no services.
async fn store_and_outbound() -> (TenantStore, OutboundClients) {
    let dynamo = Dynamo::start().await;
    let table = dynamo.instance();
    let outbound = outbound_clients(&local::sdk_config("http://127.0.0.1:9".to_owned()), table.clone());
    (table.of(&tenant("demo")), outbound)
}

async fn posted((store, outbound): &(TenantStore, OutboundClients), receiver: &Receiver) -> Outcome {
    post_webhook(outbound, store, "exe_1_tell", &receiver.url(), ("application/json", "{}"), at(5_000)).await.unwrap()
}

#[tokio::test]
async fn a_webhook_is_signed_and_its_status_becomes_the_output() {
    let (shop, receiver) = (store_and_outbound().await, Receiver::answering(answer("202 Accepted", "", "")).await);
    shop.0.rotate_signing_secret(secret(), at(0)).await.unwrap();
    let outcome = posted(&shop, &receiver).await;
    assert!(matches!(outcome, Outcome::Completed(output) if output["status"] == json!(202)));
    let request = &receiver.requests()[0];
    for (name, value) in signed_headers("exe_1_tell", at(5_000), "{}", &[secret()]) {
        assert_eq!(header(request, name), Some(value.as_str()), "{name}");
    }
    assert_eq!(header(request, "content-type"), Some("application/json"));
}

#[tokio::test]
async fn a_webhook_fails_without_a_signing_secret() {
    let (shop, receiver) = (store_and_outbound().await, Receiver::answering(answer("200 OK", "", "")).await);
    let outcome = posted(&shop, &receiver).await;
    assert!(matches!(outcome, Outcome::Failed(why) if why.contains("POST /v1/webhook-secrets")));
    assert!(receiver.requests().is_empty());
}

#[tokio::test]
async fn an_unknown_outcome_is_retried_only_for_webhooks() {
    let (shop, hanging_up) = (store_and_outbound().await, Receiver::start(|_| async {}).await);
    shop.0.rotate_signing_secret(secret(), at(0)).await.unwrap();
    assert!(matches!(posted(&shop, &hanging_up).await, Outcome::Retry(_)));
    assert!(matches!(notify_slack(&shop.1, &hanging_up.url(), "Sold out").await, Outcome::Unknown(_)));
}

#[tokio::test]
async fn a_slack_response_decides_the_outcome() {
    let (_, outbound) = store_and_outbound().await;
    let of = async |status: &str| {
        let channel = Receiver::answering(answer(status, "", "ok")).await;
        let outcome = notify_slack(&outbound, &channel.url(), "FLASH20 <!channel>").await;
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
    let shop = store_and_outbound().await;
    shop.0.rotate_signing_secret(secret(), at(0)).await.unwrap();
    assert!(
        matches!(posted(&shop, &busy).await, Outcome::RetryAfter(why, after) if why.contains("429") && after == asked)
    );
    let said = notify_slack(&shop.1, &busy.url(), "Sold out").await;
    assert!(matches!(said, Outcome::RetryAfter(why, after) if why.contains("429") && after == asked));
}

#[tokio::test]
async fn a_topic_of_another_tenant_is_rejected() {
    let published = "<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>";
    let service = ScriptedService::start(|_, _| Reply::Xml(200, published.to_owned())).await;
    let outbound = outbound_clients(&service.config, Dynamo::start().await.instance());
    let notify = async |topic: &str| {
        let arn = format!("arn:aws:sns:us-east-1:000000000000:{topic}");
        notify_topic(&outbound, &tenant("demo"), &arn, None, "Sold out").await
    };
    assert!(matches!(notify("couponflow-other_sales").await, Outcome::Failed(why) if why.contains("couponflow-demo_")));
    assert!(service.requests().is_empty());
    assert!(matches!(notify("couponflow-demo_sales").await, Outcome::Completed(_)));
    assert_eq!(service.requests().len(), 1);
}
