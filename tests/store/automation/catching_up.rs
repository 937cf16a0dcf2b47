//! Executions that find a missed event in the event log. An execution that waits for an event
//! misses an event that was handled before the wait began. It also misses an event that occurred
//! before the timeout of the wait but was handled after the timeout.

use aws_sdk_dynamodb::types::AttributeValue;
use couponflow_app::automation::dry_run::{Replayed, dry_run, replay};
use couponflow_app::automation::ports::AutomationStore as _;
use couponflow_domain::automation::execution::ExecutionStatus;
use couponflow_tests::fixtures::{at, stored_coupon};
use couponflow_tests::harness::{ExecutorHarness, steps_of};
use couponflow_tests::steps::mail;
use serde_json::{Value, json};

const MINUTE: i64 = 60_000;
const ANA: &str = "ana@example.com";

fn back() -> Value {
    json!([{"id": "back", "type": "wait_for_event", "event": "coupon_redeemed", "timeout": "PT1H",
        "then": [mail("thanks")], "on_timeout": [mail("reminder")]}])
}

#[tokio::test]
async fn a_signal_handled_before_the_trigger_is_not_missed() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let waits = harness.publish("waits", "coupon_applied", back(), json!({})).await;
    let stops = json!([{"id": "pause", "type": "wait", "for": "PT1M"}, mail("nagging")]);
    let stops = harness.publish("stops", "coupon_applied", stops, json!({"stop_on_redemption": true})).await;
    let (applied, redeemed) =
        (harness.applied_event(&coupon, "ord_1", ANA, 2000), harness.redeemed_event(&coupon, "ord_1", ANA, 3000));
    harness.handle(&redeemed).await;
    harness.handle(&applied).await;
    assert_eq!(steps_of(&harness.execution_of(&waits).await), ["back completed", "thanks completed"]);
    assert_eq!(harness.execution_of(&stops).await.status, ExecutionStatus::Cancelled);
    harness.advance_to(120 * MINUTE).await;
    assert_eq!(harness.outbound.subjects(), ["thanks"]);
}

#[tokio::test]
async fn an_event_before_the_trigger_does_not_end_the_wait() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let waits = harness.publish("waits", "coupon_applied", back(), json!({"stop_on_redemption": true})).await;
    harness.handle(&harness.redeemed_event(&coupon, "ord_0", ANA, 2000)).await;
    harness.handle(&harness.applied_event(&coupon, "ord_1", ANA, 3000)).await;
    harness.advance_to(120 * MINUTE).await;
    assert_eq!(steps_of(&harness.execution_of(&waits).await), ["back completed", "reminder completed"]);
}

#[tokio::test]
async fn a_signal_counts_by_when_it_occurred_not_by_when_it_is_handled() {
    for (ms, expected) in [(59 * MINUTE, "thanks"), (61 * MINUTE, "reminder")] {
        let harness = ExecutorHarness::new().await;
        let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
        harness.publish("waits", "coupon_applied", back(), json!({})).await;
        harness.handle(&harness.applied_event(&coupon, "ord_1", ANA, 2000)).await;
        let redeemed = harness.redeemed_event(&coupon, "ord_1", ANA, ms);
        harness.log(&redeemed).await;
        harness.advance_to(120 * MINUTE).await;
        harness.handle(&redeemed).await;
        harness.advance_to(180 * MINUTE).await;
        assert_eq!(harness.outbound.subjects(), [expected]);
    }
}

#[tokio::test]
async fn a_damaged_log_entry_does_not_hide_other_entries() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let waits = harness.publish("waits", "coupon_applied", back(), json!({})).await;
    let (damaged, redeemed) =
        (harness.redeemed_event(&coupon, "ord_0", ANA, 3000), harness.redeemed_event(&coupon, "ord_1", ANA, 4000));
    for event in [&damaged, &redeemed] {
        harness.log(event).await;
    }
    damage(&harness, damaged.id().as_str(), "envelope").await;
    harness.handle(&harness.applied_event(&coupon, "ord_1", ANA, 2000)).await;
    let execution = harness.execution_of(&waits).await;
    assert_eq!(steps_of(&execution), ["back completed", "thanks completed"]);
    assert_eq!(execution.steps[0].output["event_id"], json!(redeemed.id()));
}

#[tokio::test]
async fn an_unreadable_causing_execution_does_not_block_the_event() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let first = harness.publish("first", "coupon_applied", json!([mail("first")]), json!({})).await;
    harness.publish("second", "coupon_redeemed", json!([mail("second")]), json!({})).await;
    harness.handle(&harness.applied_event(&coupon, "ord_1", ANA, 2000)).await;
    let cause = harness.execution_of(&first).await;
    damage(&harness, "execution", "execution").await;
    let mut redeemed = harness.redeemed_event(&coupon, "ord_1", ANA, 3000);
    redeemed.data.coupon.caused_by = Some(cause.id);
    harness.handle(&redeemed).await;
    assert_eq!(harness.outbound.subjects(), ["first", "second"]);
}

#[tokio::test]
async fn replay_and_dry_run_respect_the_loop_guard() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let workflow = harness.publish("round", "coupon_redeemed", json!([mail("again")]), json!({"re_entry": true})).await;
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, 2000)).await;
    let cause = harness.execution_of(&workflow).await;
    let mut redeemed = harness.redeemed_event(&coupon, "ord_2", ANA, 3000);
    redeemed.data.coupon.caused_by = Some(cause.id);
    let published = harness.store.published(&workflow.id).await.unwrap().unwrap();
    let dry = dry_run(&harness.store, &published, &redeemed, at(4000)).await.unwrap();
    assert!(dry.would_skip.unwrap().starts_with("loop guard"));
    assert_eq!(replay(&harness.store, &harness.clock, &published, &redeemed).await.unwrap(), Replayed::Skipped);
}

/// Makes an attribute unreadable in every item with this sort key.
async fn damage(harness: &ExecutorHarness, sort_key: &str, attribute: &str) {
    let items = harness.dynamo.client.scan().table_name("couponflow").send().await.unwrap().items.unwrap();
    for mut item in items.into_iter().filter(|item| item["sk"].as_s().is_ok_and(|sk| sk == sort_key)) {
        item.insert(attribute.to_owned(), AttributeValue::S("{".to_owned()));
        harness.dynamo.client.put_item().table_name("couponflow").set_item(Some(item)).send().await.unwrap();
    }
}

#[tokio::test]
async fn a_replay_skips_contacts_who_have_redeemed_since_the_event() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let applied = ["ana@example.com", "bo@example.com"].map(|email| harness.applied_event(&coupon, email, email, 2000));
    for event in &applied {
        harness.handle(event).await;
    }
    harness.handle(&harness.redeemed_event(&coupon, ANA, ANA, 3000)).await;
    let more = json!({"stop_on_redemption": true});
    let workflow = harness.publish("late", "coupon_applied", json!([mail("reminder")]), more).await;
    let published = harness.store.published(&workflow.id).await.unwrap().unwrap();
    for event in &applied {
        replay(&harness.store, &harness.clock, &published, event).await.unwrap();
    }
    harness.advance_to(MINUTE).await;
    let mails = harness.outbound.mails();
    let recipients: Vec<&str> = mails.iter().flat_map(|mail| &mail.to).map(|to| to.as_str()).collect();
    assert_eq!(recipients, ["bo@example.com"]);
}
