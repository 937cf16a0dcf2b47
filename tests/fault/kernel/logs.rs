//! What the functions log when a call fails: each failure once, with the chain of its causes.

use std::io;
use std::sync::{Arc, Mutex};

use action_executor::Executor;
use chrono::{DateTime, Utc};
use couponflow_aws::clients::LazyClient;
use couponflow_aws::dynamo::Table;
use couponflow_aws::queue::Queue;
use couponflow_domain::tenants::api_key::KeyScope;
use couponflow_tests::fixtures::key_secret;
use couponflow_tests::outbound::outbound_clients;
use couponflow_tests::repository;
use couponflow_tests::scripted::{Reply, ScriptedService};
use redeem::Redeem;
use serde_json::{Value, json};
use tracing::instrument::WithSubscriber as _;

/// Collects what a subscriber writes.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs `work` and returns its result and the lines that it logs.
async fn logged<T>(work: impl Future<Output = T>) -> (T, Vec<Value>) {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().json().flatten_event(true).with_writer(move || writer.clone()).finish();
    let result = work.with_subscriber(subscriber).await;
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    (result, text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// A DynamoDB service that denies every call.
async fn denying() -> ScriptedService {
    let denied = json!({"__type": "com.amazon.coral.service#AccessDeniedException", "message": "no policy allows it"});
    ScriptedService::start(move |_, _| Reply::Json(400, denied.clone())).await
}

fn table(service: &ScriptedService) -> Table {
    Table::new(aws_sdk_dynamodb::Client::new(&service.config), "couponflow".to_owned())
}

/// Asserts that the log has exactly one line about a failure, and that the line has the whole chain: what was being done,
/// the kind of the failure, and the cause that the service reported.
fn assert_one_chain(lines: &[Value], message: &str, doing: &str) {
    let failures: Vec<&Value> =
        lines.iter().filter(|line| line.to_string().contains("AccessDeniedException")).collect();
    let [failure] = failures[..] else { panic!("{} lines: {lines:#?}", failures.len()) };
    assert_eq!((&failure["level"], &failure["message"]), (&json!("ERROR"), &json!(message)));
    let chain = failure["error"].as_str().unwrap();
    let parts: Vec<&str> = chain.splitn(3, ": ").collect();
    assert_eq!(parts[..2], [doing, "the service rejected the call"], "{chain}");
    assert!(parts[2].contains("AccessDeniedException") && parts[2].contains("no policy allows it"), "{chain}");
    assert_eq!(chain.matches(doing).count(), 1, "{chain}");
    assert_eq!(chain.matches("the service rejected the call").count(), 1, "{chain}");
}

#[tokio::test]
async fn a_message_that_cannot_be_processed_is_logged_once_with_every_cause() {
    let service = denying().await;
    let outbound_clients = outbound_clients(&service.config, table(&service));
    // The queue of the sample is none of these, so the executor does not delay its next delivery.
    let sqs = LazyClient::new(&service.config, aws_sdk_sqs::Client::new);
    let queue = |name: &str| Queue::new(sqs.clone(), format!("https://sqs.example.com/{name}"));
    let sources = [queue("other-events"), queue("other-timers")];
    let executor = Executor { table: table(&service), outbound_clients, sources, malformed: queue("malformed") };
    let mut batch = repository::json("events/samples/action-executor-events.json");
    batch["Records"].as_array_mut().unwrap().truncate(1);
    let (answer, lines) = logged(executor.handle(batch.clone(), DateTime::<Utc>::MAX_UTC)).await;
    let failed = json!({"batchItemFailures": [{"itemIdentifier": batch["Records"][0]["messageId"]}]});
    assert_eq!(answer.unwrap(), failed);
    assert_one_chain(&lines, "Could not process a message", "reading a tenant's profile");
}

#[tokio::test]
async fn a_request_that_fails_is_logged_once_and_its_response_has_no_cause() {
    let service = denying().await;
    let http = json!({"method": "POST", "path": "/v1/redeem", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"});
    let authorization = format!("Bearer {}", key_secret(KeyScope::Server).reveal());
    let event = json!({"version": "2.0", "routeKey": "$default", "rawPath": "/v1/redeem", "rawQueryString": "",
        "headers": {"authorization": authorization}, "isBase64Encoded": false, "body": "{}",
        "requestContext": {"http": http}});
    let redeem = Redeem::new(table(&service));
    let (answer, lines) = logged(redeem.handle(serde_json::from_value(event).unwrap())).await;
    let answer = serde_json::to_value(answer).unwrap();
    assert_eq!(answer["statusCode"], 500, "{answer}");
    let body = answer["body"].as_str().unwrap();
    assert!(body.contains("internal_error") && !body.contains("AccessDenied") && !body.contains("reading"), "{body}");
    assert_one_chain(&lines, "A request failed", "reading an API key");
}
