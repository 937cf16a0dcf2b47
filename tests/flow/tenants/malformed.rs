//! Malformed records and events: a bad record fails alone or is set aside, and does not affect
//! other records. A record that is set aside goes to the dead-letter queue, and a malformed message to a queue of its own.
//! The command `redrive` moves both back.

use couponflow_domain::kernel::ids::JobId;
use couponflow_tests::fixtures::at;
use couponflow_tests::shop::{Shop, eventually};
use couponflow_tests::{fixtures, repository};
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
    let stream = with_damaged_twin(sample("event-relay"), "/dynamodb/SequenceNumber", |record| {
        record["dynamodb"]["NewImage"]["timer"] = json!({"S": "no timer"});
    });
    let set_aside = json!({"batchItemFailures": [], "deferred": [], "set_aside": [{"itemIdentifier": "damaged"}]});
    assert_eq!(shop.invoke("event-relay", &stream).await, (set_aside, false));

    for name in ["action-executor-events", "action-executor-timers"] {
        let queue = with_damaged_twin(sample(name), "/messageId", |record| record["body"] = json!("{\"timer\": 5}"));
        assert_eq!(shop.invoke("action-executor", &queue).await, (json!({"batchItemFailures": []}), false), "{name}");
    }
    let counts = async || {
        let (redriven, failed) = shop.invoke("event-relay", &sample("redrive")).await;
        assert!(!failed, "{redriven}");
        ["relay_dead_letters", "malformed_messages"].map(|place| redriven[place]["redriven"].as_i64().unwrap())
    };
    let [records, messages] = counts().await;
    assert!(records >= 1 && messages >= 2, "{records} records and {messages} messages were redriven");
    // What was redriven fails for the same reason, and comes back.
    eventually("the redriven record and messages to come back", async || {
        let [records, messages] = counts().await;
        (records >= 1 || messages >= 2).then_some(())
    })
    .await;
    let (answer, failed) = shop.invoke("event-relay", &json!({"redrive": {"from": "nowhere"}})).await;
    assert!(failed && answer.to_string().contains("redrive/from must be one of relay_dead_letters"), "{answer}");
}

/// Builds the stored image of a redeemed unique code whose coupon does not exist.
fn redeemed_code(tenant: &str) -> Value {
    let coupon = fixtures::coupon("GONE", json!({"code_type": "unique"}));
    let redemption = fixtures::redemption(&coupon, "ord_1", "ana@example.com", at(1));
    let stored = json!({
        "id": redemption.id, "coupon_id": redemption.coupon_id, "code": redemption.code, "is_unique_code": true,
        "customer": redemption.customer, "order": redemption.order, "source": redemption.source,
        "value": redemption.value, "discounted_before": redemption.discounted_before, "discount": redemption.discount,
        "created_at": redemption.created_at, "redemption_number": redemption.redemption_number,
    });
    let item = json!({
        "pk": "x", "sk": "code", "kind": "CODE_REDEEMED", "coupon_id": coupon.id, "code": "GONE1", "unique": true,
        "job_id": JobId::new(at(0), [1; 10]), "job_index": 0, "created_at_ms": 0, "redeemed_at_ms": 1,
        "redemption_id": redemption.id, "order_id": "ord_1", "redemption": stored, "tenant_id": tenant,
        "correlation_id": "request", "gsi1pk": "x", "gsi1sk": "x",
    });
    let item: serde_dynamo::Item = serde_dynamo::to_item(item).unwrap();
    serde_json::to_value(item).unwrap()
}

#[tokio::test]
async fn a_record_about_a_missing_coupon_is_set_aside_and_blocks_nothing() {
    let shop = Shop::open("corrupt").await;
    let stream = with_damaged_twin(sample("event-relay"), "/dynamodb/SequenceNumber", |record| {
        record["dynamodb"]["NewImage"] = redeemed_code(&shop.tenant);
    });
    let set_aside = json!({"batchItemFailures": [], "deferred": [], "set_aside": [{"itemIdentifier": "damaged"}]});
    assert_eq!(shop.invoke("event-relay", &stream).await, (set_aside, false));
}

#[tokio::test]
async fn an_unexpected_event_fails_the_invocation_and_a_scheduled_event_starts_a_scan() {
    let shop = Shop::open("kinds").await;
    for function in ["expiry-scan", "event-relay", "action-executor", "apply", "redeem", "api"] {
        let (answer, failed) = shop.invoke(function, &json!({"hello": "world"})).await;
        assert!(failed, "{function}: {answer}");
    }
    let (scanned, failed) = shop.invoke("expiry-scan", &sample("schedule")).await;
    assert!(!failed && scanned["buckets"].is_number(), "{scanned}");
}

/// The stack enforces the role of the function, so this also tests that the role permits the sweep.
#[tokio::test]
async fn a_sweep_reads_the_table_of_the_stack_and_finds_no_missing_event() {
    let shop = Shop::open("swept").await;
    shop.coupon("SWEPT", json!({})).await;
    let (swept, failed) = shop.invoke("event-relay", &json!({"sweep": {"restart": true}})).await;
    assert!(!failed && swept["examined"].as_i64().is_some_and(|examined| examined > 0), "{swept}");
    assert_eq!((&swept["missing"], &swept["failed"]), (&json!(0), &json!(0)), "no change is a day old");
    let (answer, failed) = shop.invoke("event-relay", &json!({"sweep": {"from": 1}})).await;
    assert!(failed && answer.to_string().contains("sweep/from is unknown"), "{answer}");
}
