//! Idempotent requests while DynamoDB fails. A request with an idempotency key claims the key
//! before it runs, and records its response afterwards.

use couponflow_app::tenants::ports::{KeyScope, TenantStores as _};
use couponflow_aws::dynamo::Table;
use couponflow_http::idempotency::once;
use couponflow_http::{Answer, Response};
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::{ClockAt, post};
use couponflow_tests::scripted::{Reply, ScriptedService};
use serde_json::{Value, json};

fn failure() -> Reply {
    Reply::Json(500, json!({"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError"}))
}

/// Sends a request. Returns the response, and whether the request ran.
async fn send(service: &ScriptedService) -> (Response, bool) {
    let table = Table::new(aws_sdk_dynamodb::Client::new(&service.config), "couponflow".into());
    let store = table.of(&fixtures::tenant("demo"));
    let (request, key) = (post("/v1/coupons", Some("0b7c"), "{}"), fixtures::key("demo", KeyScope::Server));
    let mut ran = false;
    let run = async |_| {
        ran = true;
        Ok(Answer::json(201, json!({"id": "cpn_1"})))
    };
    let sent = once(&store, &ClockAt(0), &key, &request, run).await;
    (sent.unwrap_or_else(|problem| problem.answer().into()), ran)
}

fn is_put(body: &Value) -> bool {
    body.get("Item").is_some()
}

#[tokio::test]
async fn a_request_whose_claim_fails_does_not_run() {
    let service = ScriptedService::start(|_, _| failure()).await;
    let (response, ran) = send(&service).await;
    assert_eq!((response.status, ran), (503, false));
    assert!(service.requests().iter().all(is_put));
}

#[tokio::test]
async fn a_request_is_answered_even_if_its_response_cannot_be_recorded() {
    let service =
        ScriptedService::start(|_, body| if is_put(body) { Reply::Json(200, json!({})) } else { failure() }).await;
    let (response, ran) = send(&service).await;
    assert_eq!((response.status, response.body.as_deref(), ran), (201, Some(r#"{"id":"cpn_1"}"#), true));
    assert!(service.requests().len() > 2, "recording the response is retried");
}

#[tokio::test]
async fn a_claim_whose_response_was_lost_is_recognised_on_the_retry() {
    let service = ScriptedService::start(|call, body| match call {
        0 => failure(),
        1 => {
            let kind = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
            Reply::Json(400, json!({"__type": kind, "message": "no", "Item": body["Item"]}))
        }
        _ => Reply::Json(200, json!({})),
    })
    .await;
    let (response, ran) = send(&service).await;
    assert_eq!((response.status, ran, service.requests().len()), (201, true, 3));
}
