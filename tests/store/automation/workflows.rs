//! Workflows: admission, waits, goals, cancellation, versions and messages.

use std::collections::BTreeSet;

use couponflow_app::automation::execute::{OperationOutcome, cancel, retry};
use couponflow_app::automation::ports::AutomationStore as _;
use couponflow_app::contacts::ports::{ContactStore as _, SetChangeOutcome};
use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_app::kernel::system::Rng as _;
use couponflow_domain::automation::execution::ExecutionStatus;
use couponflow_domain::contacts::contact::SetChange;
use couponflow_domain::kernel::ids::{CouponId, ExecutionId};
use couponflow_domain::purchases::customer::{Customer, Email};
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_domain::tenants::quota::Quotas;
use couponflow_tests::fixtures::{apply_single, at, checkout, stored_coupon};
use couponflow_tests::harness::{ExecutorHarness, steps_of};
use couponflow_tests::steps::{mail, tag};
use futures_util::future::{join, join_all};
use serde_json::{Value, json};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const ANA: &str = "ana@example.com";
const BO: &str = "bo@example.com";

async fn contact(harness: &ExecutorHarness, email: &str) -> couponflow_domain::contacts::contact::Contact {
    let email = Some(Email::parse(email).unwrap());
    let customer = Customer { email, id: None, first_name: Some("Ana".into()), last_name: None, verified: true };
    harness.store.upsert_contact(&customer, at(0), harness.clock.bits()).await.unwrap().unwrap()
}

fn bonus() -> Value {
    json!([
        {"id": "back", "type": "wait_for_event", "event": "coupon_redeemed", "timeout": "PT24H",
            "then": [tag("returned")], "on_timeout": [mail("reminder")]},
        tag("end")])
}

#[tokio::test]
async fn wait_for_event_branches_by_event_or_timeout() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let workflow = harness.publish("bonus", "coupon_applied", bonus(), json!({})).await;
    harness.handle(&harness.applied_event(&coupon, "ord_1", ANA, 2000)).await;
    harness.handle(&harness.applied_event(&coupon, "ord_2", BO, 3000)).await;
    harness.advance_to(HOUR).await;
    let redeemed = harness.redeemed_event(&coupon, "ord_1", ANA, HOUR);
    harness.handle(&redeemed).await;
    harness.handle(&redeemed).await;
    harness.advance_to(2 * DAY).await;
    let executions = harness.executions_of(&workflow).await;
    let steps: Vec<Vec<String>> = executions.iter().map(steps_of).collect();
    assert_eq!(steps[0], ["back completed", "returned completed", "end completed"]);
    assert_eq!(steps[1], ["back completed", "reminder completed", "end completed"]);
    assert_eq!(harness.outbound.subjects(), ["reminder"]);
    assert!(contact(&harness, ANA).await.listening.is_empty(), "an execution still waits for a signal");
}

#[tokio::test]
async fn a_met_goal_skips_the_remaining_reminders() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let steps = json!([mail("first"), {"id": "pause", "type": "wait", "for": "P1D"}, mail("second"),
        {"id": "bought", "type": "goal", "event": "coupon_redeemed", "if_not_met": "end"}, tag("customer")]);
    let workflow = harness.publish("goal", "coupon_applied", steps, json!({})).await;
    harness.handle(&harness.applied_event(&coupon, "ord_1", ANA, 2000)).await;
    harness.handle(&harness.applied_event(&coupon, "ord_2", BO, 3000)).await;
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, HOUR)).await;
    harness.advance_to(2 * DAY).await;
    let executions = harness.executions_of(&workflow).await;
    assert_eq!(
        steps_of(&executions[0]),
        ["first completed", "pause skipped", "bought completed", "customer completed"]
    );
    assert_eq!(
        steps_of(&executions[1]),
        ["first completed", "pause completed", "second completed", "bought completed"]
    );
    assert_eq!(harness.outbound.subjects(), ["first", "first", "second"]);
}

#[tokio::test]
async fn a_redemption_cancels_workflows_with_stop_on_redemption() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let steps = json!([{"id": "pause", "type": "wait", "for": "P1D"}, mail("reminder")]);
    let workflow = harness.publish("stop", "coupon_applied", steps, json!({"stop_on_redemption": true})).await;
    harness.handle(&harness.applied_event(&coupon, "ord_1", ANA, 2000)).await;
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, HOUR)).await;
    harness.advance_to(2 * DAY).await;
    assert_eq!(harness.execution_of(&workflow).await.status, ExecutionStatus::Cancelled);
    assert!(harness.outbound.subjects().is_empty());
}

#[tokio::test]
async fn a_tag_added_by_another_workflow_ends_a_wait() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let waits = json!([{"id": "vip", "type": "wait_for_event", "event": "tag_added", "tag": "VIP", "timeout": "P7D",
        "then": [mail("welcome")]}]);
    let waits = harness.publish("waits", "coupon_applied", waits, json!({})).await;
    harness
        .publish("tags", "coupon_redeemed", json!([{"id": "vip", "type": "add_tag", "tag": "VIP"}]), json!({}))
        .await;
    harness.handle(&harness.applied_event(&coupon, "ord_1", ANA, 2000)).await;
    harness.handle(&harness.redeemed_event(&coupon, "ord_2", ANA, HOUR)).await;
    harness.advance_to(2 * HOUR).await;
    assert_eq!(steps_of(&harness.execution_of(&waits).await), ["vip completed", "welcome completed"]);
}

#[tokio::test]
async fn with_re_entry_a_contact_enters_again_but_not_concurrently() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let steps = json!([{"id": "pause", "type": "wait", "for": "PT1H"}]);
    let workflow = harness.publish("again", "coupon_applied", steps, json!({"re_entry": true})).await;
    harness.handle(&harness.applied_event(&coupon, "ord_1", ANA, 2000)).await;
    harness.handle(&harness.applied_event(&coupon, "ord_2", ANA, 3000)).await;
    harness.advance_to(2 * HOUR).await;
    harness.handle(&harness.applied_event(&coupon, "ord_3", ANA, 3 * HOUR)).await;
    harness.advance_to(5 * HOUR).await;
    let executions = harness.executions_of(&workflow).await;
    let statuses: Vec<ExecutionStatus> = executions.iter().map(|execution| execution.status).collect();
    assert_eq!(statuses, [ExecutionStatus::Completed, ExecutionStatus::Skipped, ExecutionStatus::Completed]);
    assert!(executions[1].detail.as_deref().unwrap().contains("is under way"), "{:?}", executions[1].detail);
}

#[tokio::test]
async fn without_re_entry_a_contact_enters_only_once() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let workflow = harness.publish("once", "coupon_applied", json!([tag("x")]), json!({})).await;
    for (order, ms) in [("ord_1", 2000), ("ord_2", DAY)] {
        harness.handle(&harness.applied_event(&coupon, order, ANA, ms)).await;
    }
    let executions = harness.executions_of(&workflow).await;
    assert_eq!(executions[1].detail.as_deref(), Some("the contact has entered this workflow before"));
    assert_eq!((executions[0].status, executions[1].status), (ExecutionStatus::Completed, ExecutionStatus::Skipped));
}

#[tokio::test]
async fn a_contact_enters_at_most_as_often_per_hour_as_configured() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let more = json!({"re_entry": true, "max_executions_per_contact_and_hour": 2});
    let workflow = harness.publish("often", "coupon_applied", json!([tag("x")]), more).await;
    for (i, ms) in [2000, 3000, 4000, HOUR + 1000].into_iter().enumerate() {
        harness.handle(&harness.applied_event(&coupon, &format!("ord_{i}"), ANA, ms)).await;
    }
    harness.handle(&harness.applied_event(&coupon, "ord_bo", BO, HOUR + 2000)).await;
    let statuses: Vec<_> = harness.executions_of(&workflow).await.iter().map(|execution| execution.status).collect();
    use ExecutionStatus::{Completed, Skipped};
    assert_eq!(statuses, [Completed, Completed, Skipped, Completed, Completed]);
}

#[tokio::test]
async fn the_loop_guard_skips_a_workflow_that_causes_its_own_event() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({"expires_at": "2030-01-01T00:00:00Z"})).await;
    let steps = json!([{"id": "longer", "type": "extend_coupon", "by": "PT1H"}]);
    let workflow = harness.publish("loop", "coupon_expired", steps, json!({})).await;
    let expiry = (coupon.terms.expires_at.unwrap() - at(0)).num_milliseconds();
    harness.clock.set(coupon.terms.expires_at.unwrap());
    harness.handle(&harness.expired_event(&coupon, expiry)).await;
    let extended = harness.store.coupon(&coupon.id).await.unwrap().unwrap();
    assert_eq!(extended.terms.expires_at, Some(coupon.terms.expires_at.unwrap() + chrono::TimeDelta::hours(1)));
    harness.handle(&harness.expired_event(&extended, expiry + HOUR)).await;
    let executions = harness.executions_of(&workflow).await;
    assert_eq!((executions[0].status, executions[1].status), (ExecutionStatus::Completed, ExecutionStatus::Skipped));
    assert!(executions[1].detail.as_deref().unwrap().starts_with("loop guard"), "{:?}", executions[1].detail);
}

#[tokio::test]
async fn a_generated_coupon_is_only_for_its_contact() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let steps = json!([{"id": "bonus", "type": "generate_coupon", "prefix": "BONUS", "expires_in": "PT24H",
        "only_for_contact": true, "coupon": {"name": "Bonus", "discount": {"type": "percentage", "percent_off": 5}}}]);
    let workflow = harness.publish("bonus", "coupon_redeemed", steps, json!({})).await;
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, 2000)).await;
    let output = harness.execution_of(&workflow).await.outputs()["bonus"].clone();
    let code = output["code"].as_str().unwrap();
    assert!(code.starts_with("BONUS") && code.len() == 18, "{code}");
    let refused = async |email: &str| {
        apply_single(&harness.store, &checkout(code, "ord_2", email), at(3000))
            .await
            .map_err(|rejection| rejection.rejection)
    };
    assert_eq!(refused(BO).await.unwrap_err(), Rejection::CouponNotFound);
    assert!(refused("ANA@example.com").await.is_ok());
    let issued = harness.store.coupon(&CouponId::parse(output["coupon_id"].as_str().unwrap()).unwrap()).await.unwrap();
    assert_eq!(issued.unwrap().terms.max_redemptions, Some(1));
}

#[tokio::test]
async fn redeeming_a_generated_coupon_does_not_trigger_its_workflow_again() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let steps = json!([{"id": "bonus", "type": "generate_coupon",
        "coupon": {"name": "Bonus", "discount": {"type": "percentage", "percent_off": 5}}}]);
    let workflow = harness.publish("bonus", "coupon_redeemed", steps, json!({"re_entry": true})).await;
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, 2000)).await;
    let id = harness.execution_of(&workflow).await.outputs()["bonus"]["coupon_id"].as_str().unwrap().to_owned();
    let bonus = harness.store.coupon(&CouponId::parse(&id).unwrap()).await.unwrap().unwrap();
    harness.handle(&harness.redeemed_event(&bonus, "ord_2", ANA, 3000)).await;
    let executions = harness.executions_of(&workflow).await;
    assert_eq!(executions[1].status, ExecutionStatus::Skipped, "{:?}", executions[1]);
}

#[tokio::test]
async fn messages_wait_for_their_window_and_other_steps_do_not() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    // `at(0)` is midnight UTC.
    let window = json!({"message_window": {"from": "09:00", "to": "17:00"}});
    let workflow = harness.publish("polite", "coupon_redeemed", json!([tag("bought"), mail("thanks")]), window).await;
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, 2000)).await;
    let waiting = harness.execution_of(&workflow).await;
    assert_eq!(steps_of(&waiting), ["bought completed", "thanks waiting"]);
    assert_eq!((waiting.wake_at, harness.outbound.subjects().len()), (Some(at(9 * HOUR)), 0));
    harness.advance_to(10 * HOUR).await;
    let done = harness.execution_of(&workflow).await;
    assert_eq!((done.status, done.steps[1].attempts.len()), (ExecutionStatus::Completed, 1));
}

#[tokio::test]
async fn a_rate_limited_message_waits_for_its_slot_and_keeps_it() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let workflow = harness.publish("mail", "coupon_redeemed", json!([mail("thanks")]), json!({})).await;
    harness.outbound.queue_mail_slot(at(HOUR));
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, 2000)).await;
    let waiting = harness.execution_of(&workflow).await;
    assert_eq!((steps_of(&waiting), waiting.wake_at), (vec!["thanks waiting".to_owned()], Some(at(HOUR))));
    assert!(waiting.steps[0].detail.as_deref().unwrap().starts_with("rate limited"), "{:?}", waiting.steps[0].detail);
    harness.outbound.queue_mail_slot(at(DAY));
    harness.advance_to(2 * HOUR).await;
    assert_eq!(harness.outbound.subjects(), ["thanks"], "the message keeps its slot");
    assert_eq!(harness.execution_of(&workflow).await.steps[0].attempts.len(), 1);
}

#[tokio::test]
async fn a_delivery_report_completes_a_message_with_unknown_outcome() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let more = json!({"on_unknown": "retry"});
    let workflow = harness.publish("mail", "coupon_redeemed", json!([mail("thanks"), tag("after")]), more).await;
    harness.outbound.lose_answers(true);
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, 2000)).await;
    let unknown = harness.execution_of(&workflow).await;
    assert_eq!((steps_of(&unknown), unknown.status), (vec!["thanks unknown".to_owned()], ExecutionStatus::Waiting));
    let mut delivered = couponflow_tests::repository::json("events/samples/ses-delivered.json");
    let tags = &mut delivered["detail"]["mail"]["tags"];
    tags["couponflow-tenant"] = json!(["demo"]);
    tags["couponflow-execution"] = json!([unknown.id]);
    tags["couponflow-step"] = json!(["thanks"]);
    let report = couponflow_domain::delivery::mail_event::MailEvent::read(&delivered).unwrap();
    for _ in 0..2 {
        couponflow_app::delivery::mail_events::handle_mail_event(&harness.store, &harness.clock, &report)
            .await
            .unwrap();
    }
    harness.advance_to(HOUR).await;
    assert_eq!(steps_of(&harness.execution_of(&workflow).await), ["thanks completed", "after completed"]);
    assert_eq!(harness.outbound.subjects(), ["thanks"], "the mail is not sent again");
}

#[tokio::test]
async fn executions_keep_their_version_through_edits() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let steps = |tags: &str| json!([{"id": "pause", "type": "wait", "for": "PT1H"}, tag(tags)]);
    let first = harness.publish("versions", "coupon_applied", steps("one"), json!({})).await;
    harness.handle(&harness.applied_event(&coupon, "ord_1", ANA, 2000)).await;
    let mut document = first.document.clone();
    document["steps"] = steps("two");
    let saved = harness.store.save_workflow(&first, document, at(3000)).await.unwrap().unwrap();
    assert!(saved.has_unpublished_changes && saved.version.get() == 1);
    assert_eq!(
        harness.store.save_workflow(&first, json!({}), at(3001)).await.unwrap(),
        None,
        "a stale copy cannot be saved"
    );
    let second = harness.store.publish_workflow(&saved, &Quotas::default(), at(4000)).await.unwrap().unwrap().unwrap();
    assert_eq!(second.version.get(), 2);
    harness.advance_to(2 * HOUR).await;
    // Use a cold instance, because a warm instance may use a list of workflows that is up to one
    // second old.
    let event = harness.applied_event(&coupon, "ord_2", BO, 3 * HOUR);
    harness.handle_with(&harness.dynamo.instance(), &event).await.unwrap();
    harness.advance_to(5 * HOUR).await;
    let tags = |email: &'static str| async {
        contact(&harness, email).await.tags.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!((tags(ANA).await, tags(BO).await), (vec!["one".to_owned()], vec!["two".to_owned()]));
    let page = couponflow_app::kernel::page::PageRequest { limit: 10, cursor: None };
    let versions = harness.store.workflow_versions(&first.id, &page).await.unwrap().data;
    assert_eq!(versions.iter().map(|version| version.version.get()).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(versions[1].document, first.document);
}

#[tokio::test]
async fn a_cancelled_execution_stops_and_a_failed_one_can_be_retried() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let steps = json!([tag("first"), {"id": "hook", "type": "notify", "channel": "slack",
        "url": "https://hooks.example.com/x", "text": "hi"}, tag("last")]);
    let workflow = harness.publish("fails", "coupon_redeemed", steps, json!({})).await;
    harness.outbound.respond_to_posts(404);
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, 2000)).await;
    let failed = harness.execution_of(&workflow).await;
    assert_eq!(steps_of(&failed), ["first completed", "hook failed"]);
    assert!(matches!(
        cancel(&harness.store, &harness.clock, &failed.id, "x").await.unwrap(),
        OperationOutcome::NotAllowed(_)
    ));
    harness.outbound.respond_to_posts(200);
    assert!(matches!(retry(&harness.store, &harness.clock, &failed.id).await.unwrap(), OperationOutcome::Done(_)));
    harness.advance_to(HOUR).await;
    let done = harness.execution_of(&workflow).await;
    assert_eq!(steps_of(&done), ["first completed", "hook completed", "last completed"]);
    assert_eq!(done.steps[1].attempts.len(), 2, "the step keeps the attempt that failed");

    let waits = json!([{"id": "pause", "type": "wait", "for": "PT1H"}, tag("never")]);
    let waits = harness.publish("waits", "coupon_applied", waits, json!({})).await;
    harness.handle(&harness.applied_event(&coupon, "ord_2", ANA, 2 * HOUR)).await;
    let id = harness.execution_of(&waits).await.id;
    assert!(matches!(
        cancel(&harness.store, &harness.clock, &id, "by an operator").await.unwrap(),
        OperationOutcome::Done(_)
    ));
    harness.advance_to(DAY).await;
    assert_eq!(harness.execution_of(&waits).await.status, ExecutionStatus::Cancelled);
    assert!(!contact(&harness, ANA).await.tags.contains(&"never".into()));
}

#[tokio::test]
async fn stop_workflow_cancels_the_other_workflow_for_the_contact() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let waits = json!([{"id": "pause", "type": "wait", "for": "P1D"}, mail("reminder")]);
    let waits = harness.publish("waits", "coupon_applied", waits, json!({})).await;
    let stops = json!([{"id": "stop", "type": "stop_workflow", "workflow_id": waits.id}]);
    harness.publish("stops", "coupon_redeemed", stops, json!({})).await;
    for (order, email) in [("ord_1", ANA), ("ord_2", BO)] {
        harness.handle(&harness.applied_event(&coupon, order, email, 2000)).await;
    }
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, HOUR)).await;
    harness.advance_to(2 * DAY).await;
    let statuses: Vec<_> = harness.executions_of(&waits).await.iter().map(|execution| execution.status).collect();
    assert_eq!(statuses, [ExecutionStatus::Cancelled, ExecutionStatus::Completed]);
}

#[tokio::test]
async fn a_late_or_repeated_timer_does_nothing() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let steps = json!([{"id": "pause", "type": "wait", "for": "PT1H"}, mail("after")]);
    let workflow = harness.publish("waits", "coupon_redeemed", steps, json!({})).await;
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, 2000)).await;
    let timer = couponflow_tests::due::timers(&harness.dynamo).await.remove(0);
    harness.advance_to(2 * HOUR).await;
    let done = harness.execution_of(&workflow).await;
    assert_eq!(done.status, ExecutionStatus::Completed);
    for _ in 0..2 {
        harness.fire_with(&harness.table, &timer).await.unwrap();
    }
    assert_eq!(harness.outbound.subjects(), ["after"]);
    assert_eq!(harness.execution_of(&workflow).await, done, "a repeated timer changes nothing");
}

#[tokio::test]
async fn concurrent_changes_of_tags_and_listeners_are_all_kept() {
    let harness = ExecutorHarness::new().await;
    let ana = contact(&harness, ANA).await;
    let changes: Vec<SetChange> = (0..20).map(|i| SetChange::AddTag(format!("tag-{i:02}").into())).collect();
    let (store, id) = (&harness.store, &ana.id);
    // A change of tags is stored only if the contact's listeners (the executions that wait for a
    // signal) have not changed since the caller read the contact.
    let tagged = join_all(changes.iter().map(async |change| {
        for _ in 0..100 {
            let ana = store.contact(id).await.unwrap().unwrap();
            if store.change_set(&ana, change, None).await.unwrap() == SetChangeOutcome::Done {
                return;
            }
        }
        panic!("{change:?} was not stored in 100 attempts");
    }));
    let executions: BTreeSet<ExecutionId> = (0..20).map(|i| ExecutionId::new(at(0), [i; 10])).collect();
    let listened = join_all(executions.iter().map(|execution| store.listen(id, execution)));
    let (_, listened) = join(tagged, listened).await;
    assert!(listened.iter().all(Result::is_ok), "{listened:?}");
    let ana = contact(&harness, ANA).await;
    assert_eq!((ana.tags.len(), ana.listening), (20, executions));
}
