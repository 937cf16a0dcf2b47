//! Messages: rate-limit slots, reports about unknown outcomes, and the maximum length of texts.

use couponflow_app::automation::execute::{OperationOutcome, retry};
use couponflow_app::delivery::mail_events::handle_mail_event;
use couponflow_domain::automation::execution::ExecutionStatus;
use couponflow_tests::fixtures::{at, stored_coupon};
use couponflow_tests::harness::{ExecutorHarness, steps_of};
use couponflow_tests::steps::{mail, tag};
use serde_json::json;

use crate::automation::interleaved::report;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const ANA: &str = "ana@example.com";

#[tokio::test]
async fn a_delivery_report_lets_a_stopped_execution_continue() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let more = json!({"on_unknown": "stop"});
    let workflow = harness.publish("mail", "coupon_redeemed", json!([mail("thanks"), tag("after")]), more).await;
    harness.outbound.lose_answers(true);
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, 2000)).await;
    let stopped = harness.execution_of(&workflow).await;
    assert_eq!((steps_of(&stopped), stopped.status), (vec!["thanks unknown".to_owned()], ExecutionStatus::Failed));
    let report = report("ses-delivered", &stopped, "thanks");
    handle_mail_event(&harness.store, &harness.clock, &report).await.unwrap();
    assert!(matches!(retry(&harness.store, &harness.clock, &stopped.id).await.unwrap(), OperationOutcome::Done(_)));
    harness.advance_to(HOUR).await;
    let done = harness.execution_of(&workflow).await;
    assert_eq!(steps_of(&done), ["thanks completed", "after completed"]);
    assert!(done.steps[0].output.contains_key("delivered_at"), "{:?}", done.steps[0].output);
    assert_eq!(harness.outbound.subjects(), ["thanks"], "the mail is not sent again");
}

#[tokio::test]
async fn a_report_of_a_rejected_mail_fails_the_step() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let more = json!({"on_unknown": "retry", "on_failure": "stop"});
    let workflow = harness.publish("mail", "coupon_redeemed", json!([mail("thanks"), tag("after")]), more).await;
    harness.outbound.lose_answers(true);
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, 2000)).await;
    let unknown = harness.execution_of(&workflow).await;
    assert_eq!(unknown.status, ExecutionStatus::Waiting);
    let report = report("ses-rejected", &unknown, "thanks");
    handle_mail_event(&harness.store, &harness.clock, &report).await.unwrap();
    harness.advance_to(HOUR).await;
    let failed = harness.execution_of(&workflow).await;
    assert_eq!((steps_of(&failed), failed.status), (vec!["thanks failed".to_owned()], ExecutionStatus::Failed));
}

#[tokio::test]
async fn every_attempt_to_send_a_mail_takes_its_own_slot() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let workflow = harness.publish("mail", "coupon_redeemed", json!([mail("thanks")]), json!({})).await;
    harness.outbound.queue_mail_slot(at(HOUR));
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, 2000)).await;
    harness.outbound.reject_mails(1);
    harness.outbound.queue_mail_slot(at(3 * HOUR));
    harness.advance_to(2 * HOUR).await;
    assert_eq!(
        harness.execution_of(&workflow).await.wake_at,
        Some(at(3 * HOUR)),
        "the second attempt waits for its slot too"
    );
    assert!(harness.outbound.subjects().is_empty());
    harness.advance_to(4 * HOUR).await;
    assert_eq!(harness.outbound.subjects(), ["thanks"]);
    assert_eq!(harness.outbound.reserved_slots(), 2);
}

#[tokio::test]
async fn a_message_whose_slot_is_outside_its_window_takes_another_slot() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let window = json!({"message_window": {"from": "00:00", "to": "17:00"}});
    let workflow = harness.publish("mail", "coupon_redeemed", json!([mail("thanks")]), window).await;
    harness.outbound.queue_mail_slot(at(18 * HOUR));
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, 2000)).await;
    harness.outbound.queue_mail_slot(at(DAY + HOUR));
    harness.advance_to(DAY + MINUTE).await;
    assert_eq!(
        harness.execution_of(&workflow).await.wake_at,
        Some(at(DAY + HOUR)),
        "the message waits for its new slot"
    );
    harness.advance_to(2 * DAY).await;
    assert_eq!(harness.outbound.subjects(), ["thanks"]);
}

#[tokio::test]
async fn a_text_that_renders_too_long_fails_the_step_and_is_not_stored() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let often = "{% for i in [1,1,1,1,1,1,1,1,1,1,1,1] %}".repeat(3);
    let book = format!("{often}{}{}", "a".repeat(280), "{% endfor %}".repeat(3));
    let subject = json!({"id": "mail", "type": "send_email", "subject": book, "text": "Hello"});
    let until = json!({"id": "until", "type": "wait", "until": format!("{{{{coupon.code}}}}{book}")});
    let subject = harness.publish("subject", "coupon_redeemed", json!([subject]), json!({})).await;
    let until = harness.publish_saved("until", "coupon_redeemed", json!([until]), json!({})).await;
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, 2000)).await;
    for workflow in [subject, until] {
        let execution = harness.execution_of(&workflow).await;
        assert_eq!((execution.status, execution.steps[0].attempts.len()), (ExecutionStatus::Failed, 1));
        let why = execution.steps[0].detail.as_deref().unwrap();
        assert!(why.contains("renders to") && why.len() < 200, "{why}");
    }
    assert!(harness.outbound.subjects().is_empty());
}

#[tokio::test]
async fn a_message_to_several_recipients_takes_a_slot_for_each() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let team = json!({"id": "team", "type": "notify", "channel": "email", "to": ["a@example.com", "b@example.com"],
        "subject": "team", "text": "Sold"});
    harness.confirm("a@example.com").await;
    harness.confirm("b@example.com").await;
    let workflow = harness.publish("team", "coupon_redeemed", json!([team]), json!({})).await;
    harness.outbound.queue_mail_slot(at(2 * HOUR));
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, 2000)).await;
    assert_eq!(harness.execution_of(&workflow).await.wake_at, Some(at(2 * HOUR)));
    harness.advance_to(3 * HOUR).await;
    assert_eq!((harness.outbound.subjects(), harness.outbound.reserved_slots()), (vec!["team".to_owned()], 2));
}
