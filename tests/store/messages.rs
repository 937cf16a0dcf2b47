//! Messages: rate-limit slots, reports about unknown outcomes, and the maximum length of texts.

use couponflow_app::execute::{OperationOutcome, retry};
use couponflow_app::mail_events::handle_mail_event;
use couponflow_app::ports::MailSlots as _;
use couponflow_domain::execution::ExecutionStatus;
use couponflow_tests::given::{at, stored_coupon};
use couponflow_tests::steps::{mail, tag};
use couponflow_tests::world::{World, steps_of};
use serde_json::json;

use crate::interleaved::report;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const ANA: &str = "ana@example.com";

#[tokio::test]
async fn a_delivery_report_lets_a_stopped_execution_continue() {
    let world = World::new().await;
    let coupon = stored_coupon(&world.store, "FLASH20", json!({})).await;
    let more = json!({"on_unknown": "stop"});
    let workflow = world.publishes("mail", "coupon_redeemed", json!([mail("thanks"), tag("after")]), more).await;
    world.outside.loses_answers(true);
    world.handles(&world.redeemed(&coupon, "ord_1", ANA, 2000)).await;
    let stopped = world.execution_of(&workflow).await;
    assert_eq!((steps_of(&stopped), stopped.status), (vec!["thanks unknown".to_owned()], ExecutionStatus::Failed));
    let report = report("ses-delivered", &stopped, "thanks");
    handle_mail_event(&world.store, &world.clock, &report).await.unwrap();
    assert!(matches!(retry(&world.store, &world.clock, &stopped.id).await.unwrap(), OperationOutcome::Now(_)));
    world.passes(HOUR).await;
    let done = world.execution_of(&workflow).await;
    assert_eq!(steps_of(&done), ["thanks completed", "after completed"]);
    assert!(done.steps[0].output.contains_key("delivered_at"), "{:?}", done.steps[0].output);
    assert_eq!(world.outside.subjects(), ["thanks"], "the mail is not sent again");
}

#[tokio::test]
async fn a_report_of_a_rejected_mail_fails_the_step() {
    let world = World::new().await;
    let coupon = stored_coupon(&world.store, "FLASH20", json!({})).await;
    let more = json!({"on_unknown": "retry", "on_failure": "stop"});
    let workflow = world.publishes("mail", "coupon_redeemed", json!([mail("thanks"), tag("after")]), more).await;
    world.outside.loses_answers(true);
    world.handles(&world.redeemed(&coupon, "ord_1", ANA, 2000)).await;
    let unknown = world.execution_of(&workflow).await;
    assert_eq!(unknown.status, ExecutionStatus::Waiting);
    let report = report("ses-rejected", &unknown, "thanks");
    handle_mail_event(&world.store, &world.clock, &report).await.unwrap();
    world.passes(HOUR).await;
    let failed = world.execution_of(&workflow).await;
    assert_eq!((steps_of(&failed), failed.status), (vec!["thanks failed".to_owned()], ExecutionStatus::Failed));
}

#[tokio::test]
async fn every_attempt_to_send_a_mail_takes_its_own_slot() {
    let world = World::new().await;
    let coupon = stored_coupon(&world.store, "FLASH20", json!({})).await;
    let workflow = world.publishes("mail", "coupon_redeemed", json!([mail("thanks")]), json!({})).await;
    world.outside.queues_a_mail_until(at(HOUR));
    world.handles(&world.redeemed(&coupon, "ord_1", ANA, 2000)).await;
    world.outside.refuses_mails(1);
    world.outside.queues_a_mail_until(at(3 * HOUR));
    world.passes(2 * HOUR).await;
    assert_eq!(
        world.execution_of(&workflow).await.wake_at,
        Some(at(3 * HOUR)),
        "the second attempt waits for its slot too"
    );
    assert!(world.outside.subjects().is_empty());
    world.passes(4 * HOUR).await;
    assert_eq!(world.outside.subjects(), ["thanks"]);
    let free = world.outside.reserve(at(0)).await.unwrap();
    assert_eq!(free, at(0), "every slot was used");
}

#[tokio::test]
async fn a_message_that_missed_its_slot_for_the_window_takes_another() {
    let world = World::new().await;
    let coupon = stored_coupon(&world.store, "FLASH20", json!({})).await;
    let window = json!({"message_window": {"from": "00:00", "to": "17:00"}});
    let workflow = world.publishes("mail", "coupon_redeemed", json!([mail("thanks")]), window).await;
    world.outside.queues_a_mail_until(at(18 * HOUR));
    world.handles(&world.redeemed(&coupon, "ord_1", ANA, 2000)).await;
    world.outside.queues_a_mail_until(at(DAY + HOUR));
    world.passes(DAY + MINUTE).await;
    assert_eq!(world.execution_of(&workflow).await.wake_at, Some(at(DAY + HOUR)), "the message waits for its new slot");
    world.passes(2 * DAY).await;
    assert_eq!(world.outside.subjects(), ["thanks"]);
}

#[tokio::test]
async fn a_text_that_renders_too_long_fails_the_step_and_is_not_stored() {
    let world = World::new().await;
    let coupon = stored_coupon(&world.store, "FLASH20", json!({})).await;
    let often = "{% for i in [1,1,1,1,1,1,1,1,1,1,1,1] %}".repeat(3);
    let book = format!("{often}{}{}", "a".repeat(280), "{% endfor %}".repeat(3));
    let subject = json!({"id": "mail", "type": "send_email", "subject": book, "text": "Hello"});
    let until = json!({"id": "until", "type": "wait", "until": format!("{{{{coupon.code}}}}{book}")});
    let subject = world.publishes("subject", "coupon_redeemed", json!([subject]), json!({})).await;
    let until = world.publishes_saved("until", "coupon_redeemed", json!([until]), json!({})).await;
    world.handles(&world.redeemed(&coupon, "ord_1", ANA, 2000)).await;
    for workflow in [subject, until] {
        let execution = world.execution_of(&workflow).await;
        assert_eq!((execution.status, execution.steps[0].attempts.len()), (ExecutionStatus::Failed, 1));
        let why = execution.steps[0].detail.as_deref().unwrap();
        assert!(why.contains("renders to") && why.len() < 200, "{why}");
    }
    assert!(world.outside.subjects().is_empty());
}

#[tokio::test]
async fn a_message_to_several_recipients_takes_a_slot_for_each() {
    let world = World::new().await;
    let coupon = stored_coupon(&world.store, "FLASH20", json!({})).await;
    let team = json!({"id": "team", "type": "notify", "channel": "email", "to": ["a@example.com", "b@example.com"],
        "subject": "team", "text": "Sold"});
    let workflow = world.publishes("team", "coupon_redeemed", json!([team]), json!({})).await;
    // The fake returns the queued slots last in, first out.
    world.outside.queues_a_mail_until(at(2 * HOUR));
    world.outside.queues_a_mail_until(at(HOUR));
    world.handles(&world.redeemed(&coupon, "ord_1", ANA, 2000)).await;
    assert_eq!(world.execution_of(&workflow).await.wake_at, Some(at(2 * HOUR)));
    world.passes(3 * HOUR).await;
    assert_eq!(world.outside.subjects(), ["team"]);
}
