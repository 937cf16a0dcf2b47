use couponflow_tests::repository;
use couponflow_tests::shop::Shop;
use serde_json::{Value, json};

fn sample(name: &str) -> Value {
    repository::json(&format!("events/samples/{name}.json"))
}

fn with_damaged_twin(mut event: Value, id: &str, damage: impl FnOnce(&mut Value)) -> Value {
    let mut twin = event["Records"][0].clone();
    damage(&mut twin);
    *twin.pointer_mut(id).unwrap() = json!("damaged");
    event["Records"].as_array_mut().unwrap().insert(0, twin);
    event
}

#[tokio::test]
async fn a_damaged_record_fails_alone() {
    let shop = Shop::open("malformed").await;
    let damaged = json!({"batchItemFailures": [{"itemIdentifier": "damaged"}]});

    let stream = with_damaged_twin(sample("event-relay"), "/dynamodb/SequenceNumber", |record| {
        record["dynamodb"]["NewImage"]["timer"] = json!({"S": "no timer"});
    });
    let set_aside = json!({"batchItemFailures": [], "set_aside": [{"itemIdentifier": "damaged"}]});
    assert_eq!(shop.invoke("event-relay", &stream).await, (set_aside, false));

    for name in ["action-executor-events", "action-executor-timers"] {
        let queue = with_damaged_twin(sample(name), "/messageId", |record| record["body"] = json!("{\"timer\": 5}"));
        assert_eq!(shop.invoke("action-executor", &queue).await, (damaged.clone(), false), "{name}");
    }
}

#[tokio::test]
async fn an_event_of_another_kind_fails_the_invocation_and_a_scheduled_one_scans() {
    let shop = Shop::open("kinds").await;
    for function in ["expiry-scan", "event-relay", "action-executor", "apply", "redeem", "admin"] {
        let (answer, failed) = shop.invoke(function, &json!({"hello": "world"})).await;
        assert!(failed, "{function}: {answer}");
    }
    let (scanned, failed) = shop.invoke("expiry-scan", &sample("schedule")).await;
    assert!(!failed && scanned["buckets"].is_number(), "{scanned}");
}
