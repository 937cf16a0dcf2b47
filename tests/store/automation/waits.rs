//! Waits: a wait can last for years. If a wait fails or has no instant at which it ends, the later
//! steps do not run.

use couponflow_domain::automation::execution::ExecutionStatus;
use couponflow_tests::fixtures::{at, stored_coupon};
use couponflow_tests::harness::{ExecutorHarness, steps_of};
use couponflow_tests::steps::{mail, tag};
use serde_json::{Value, json};

const HOUR: i64 = 3_600_000;
const YEAR: i64 = 365 * 24 * HOUR;
const ANA: &str = "ana@example.com";

fn until_expiry() -> Value {
    json!([{"id": "pause", "type": "wait", "until": "{{coupon.expires_at}}"}, mail("reminder")])
}

#[tokio::test]
async fn a_wait_can_end_years_ahead() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({"expires_at": at(3 * YEAR)})).await;
    let goes_on = json!({"on_failure": "continue"});
    let workflow = harness.publish("years", "coupon_redeemed", until_expiry(), goes_on).await;
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, 2000)).await;
    for years in [1, 2] {
        harness.advance_to(years * YEAR + HOUR).await;
        let waiting = harness.execution_of(&workflow).await;
        assert_eq!((waiting.status, waiting.wake_at), (ExecutionStatus::Waiting, Some(at(3 * YEAR))));
        assert!(harness.outbound.subjects().is_empty(), "after {years} years");
    }
    harness.advance_to(3 * YEAR + HOUR).await;
    assert_eq!(steps_of(&harness.execution_of(&workflow).await), ["pause completed", "reminder completed"]);
    assert_eq!(harness.outbound.subjects(), ["reminder"]);
}

#[tokio::test]
async fn a_wait_for_the_expiry_of_a_coupon_that_never_expires_ends_the_execution() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let workflow = harness.publish("never", "coupon_redeemed", until_expiry(), json!({})).await;
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, 2000)).await;
    let ended = harness.execution_of(&workflow).await;
    assert_eq!((ended.status, steps_of(&ended)), (ExecutionStatus::Completed, vec!["pause skipped".to_owned()]));
    assert!(harness.outbound.subjects().is_empty());
}

#[tokio::test]
async fn a_failed_wait_stops_later_steps_even_with_on_failure_continue() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let steps = json!([{"id": "pause", "type": "wait", "until": "{{source}}"}, mail("reminder")]);
    let workflow = harness.publish_saved("fails", "coupon_redeemed", steps, json!({"on_failure": "continue"})).await;
    let mut event = harness.redeemed_event(&coupon, "ord_1", ANA, 2000);
    event.data.source = Some("shop".to_owned());
    harness.handle(&event).await;
    let failed = harness.execution_of(&workflow).await;
    assert_eq!((failed.status, steps_of(&failed)), (ExecutionStatus::Failed, vec!["pause failed".to_owned()]));
    assert!(harness.outbound.subjects().is_empty());
}

#[tokio::test]
async fn without_a_customer_a_wait_for_an_event_lasts_until_its_timeout() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    harness.confirm("team@example.com").await;
    let team = json!({"id": "team", "type": "notify", "channel": "email", "to": ["team@example.com"],
        "subject": "Nobody came back", "text": "t"});
    let steps = json!([{"id": "back", "type": "wait_for_event", "event": "coupon_redeemed", "timeout": "PT24H",
        "then": [tag("returned")], "on_timeout": [team]}]);
    let workflow = harness.publish("anonymous", "coupon_applied", steps, json!({})).await;
    let mut event = harness.applied_event(&coupon, "ord_1", ANA, 2000);
    event.data.customer = None;
    harness.handle(&event).await;
    harness.advance_to(23 * HOUR).await;
    assert_eq!(steps_of(&harness.execution_of(&workflow).await), ["back waiting"]);
    harness.advance_to(25 * HOUR).await;
    assert_eq!(steps_of(&harness.execution_of(&workflow).await), ["back completed", "team completed"]);
}
