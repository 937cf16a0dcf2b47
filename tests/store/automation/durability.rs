//! Executions continue if their function dies, if their workflow changes, or if another execution
//! is damaged. A timer, the watchdog, continues an execution whose function died.

use chrono::{DateTime, Utc};
use couponflow_app::automation::execute::run;
use couponflow_app::automation::ports::{AutomationStore as _, StartOutcome, Workflow};
use couponflow_app::contacts::ports::ContactStore as _;
use couponflow_app::kernel::system::{Clock as _, Rng as _};
use couponflow_app::timers::fire::FireOutcome;
use couponflow_app::timers::ports::TimerStore as _;
use couponflow_domain::automation::execution::{
    Attempt, Execution, ExecutionStatus, NextAction, StepStatus, watchdog_due,
};
use couponflow_domain::automation::plan::entry;
use couponflow_domain::contacts::contact::contact_id;
use couponflow_domain::events::event::Event;
use couponflow_domain::kernel::counters::WorkflowVersion;
use couponflow_domain::timers::timer::{Purpose, Timer};
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::{at, stored_coupon};
use couponflow_tests::harness::ExecutorHarness;
use serde_json::{Value, json};

fn welcome() -> Value {
    json!([
        {"id": "tag", "type": "add_tag", "tag": "VIP"},
        {"id": "mail", "type": "send_email", "subject": "Welcome", "text": "Hello"},
        {"id": "again", "type": "send_email", "subject": "Again", "text": "Hello"},
    ])
}

fn redeemed(harness: &ExecutorHarness) -> Event {
    harness.redeemed_event(&fixtures::coupon("MEMBER20", json!({})), "ord_1", "ana@example.com", 1000)
}

fn wake(harness: &ExecutorHarness, execution: &Execution, due_at: DateTime<Utc>) -> Timer {
    let purpose = Purpose::ExecutionWake { execution_id: execution.id.clone() };
    Timer { tenant_id: harness.tenant.clone(), due_at, purpose }
}

/// Fires a timer that continues the execution, at its due instant.
async fn fire_wake(harness: &ExecutorHarness, execution: &Execution, due_at: DateTime<Utc>) -> FireOutcome {
    harness.clock.set(due_at);
    harness.fire_with(&harness.table, &wake(harness, execution, due_at)).await.unwrap()
}

/// Stores an execution whose function died right after claiming the step at index `place`.
async fn dead_after_claim(harness: &ExecutorHarness, workflow: &Workflow, place: usize) -> Execution {
    let event = redeemed(harness);
    let customer = event.data.customer.as_ref().unwrap();
    harness.store.upsert_contact(customer, at(1), harness.clock.bits()).await.unwrap().unwrap();
    let version = harness.store.version(&workflow.id, WorkflowVersion::FIRST).await.unwrap().unwrap();
    let contact = contact_id(customer, at(1));
    let mut begun = entry(&event, Some(&contact), &version, &[], harness.clock.now());
    begun.execution.position = place;
    let watchdog = wake(harness, &begun.execution, watchdog_due(begun.execution.created_at));
    assert_eq!(harness.store.begin(&begun, &watchdog).await.unwrap(), StartOutcome::New);
    let turn = begun.execution.next_action(&version.definition, harness.clock.bits(), harness.clock.now());
    let NextAction::Perform(claim) = turn else { panic!("{turn:?}") };
    assert!(harness.store.save(&claim, None).await.unwrap());
    *claim
}

#[tokio::test]
async fn an_interrupted_execution_resumes_even_if_its_workflow_no_longer_matches() {
    let harness = ExecutorHarness::new().await;
    let not_vip = json!({"trigger": {"type": "coupon_redeemed", "filters": [
        {"field": "contact_tag", "operator": "contains_none", "value": ["VIP"]}]}});
    let workflow = harness.publish("welcome", "coupon_redeemed", welcome(), not_vip).await;
    let cut_off = dead_after_claim(&harness, &workflow, 0).await;
    harness.store.pause_workflow(&workflow, at(2)).await.unwrap().unwrap();
    harness.handle(&redeemed(&harness)).await;
    assert_eq!(
        harness.execution_of(&workflow).await.status,
        ExecutionStatus::Running,
        "the watchdog has not fired yet"
    );
    assert_eq!(fire_wake(&harness, &cut_off, watchdog_due(cut_off.created_at)).await, FireOutcome::Done);
    assert_eq!(harness.execution_of(&workflow).await.status, ExecutionStatus::Completed);
    assert_eq!(harness.outbound.subjects(), ["Welcome", "Again"]);
}

#[tokio::test]
async fn a_mail_interrupted_by_a_crash_is_unknown_and_the_next_step_runs() {
    let harness = ExecutorHarness::new().await;
    let workflow = harness.publish("welcome", "coupon_redeemed", welcome(), json!({})).await;
    let cut_off = dead_after_claim(&harness, &workflow, 1).await;
    assert_eq!(fire_wake(&harness, &cut_off, at(2000)).await, FireOutcome::NotYet, "the lease has not ended");
    assert_eq!(fire_wake(&harness, &cut_off, watchdog_due(cut_off.created_at)).await, FireOutcome::Done);
    let steps = harness.execution_of(&workflow).await.steps;
    assert_eq!((steps[0].status, steps[1].status), (StepStatus::Unknown, StepStatus::Completed));
    assert_eq!(harness.outbound.subjects(), ["Again"]);
}

#[tokio::test]
async fn a_damaged_execution_does_not_stop_other_workflows() {
    let harness = ExecutorHarness::new().await;
    let first = harness.publish("first", "coupon_redeemed", welcome(), json!({})).await;
    let second = harness.publish("second", "coupon_redeemed", welcome(), json!({})).await;
    let event = redeemed(&harness);
    let version = harness.store.version(&first.id, WorkflowVersion::FIRST).await.unwrap().unwrap();
    let contact = contact_id(event.data.customer.as_ref().unwrap(), at(1));
    let mut damaged = entry(&event, Some(&contact), &version, &[], harness.clock.now());
    damaged.execution.workflow_version = WorkflowVersion::new(99);
    let timer = wake(&harness, &damaged.execution, at(0));
    assert_eq!(harness.store.begin(&damaged, &timer).await.unwrap(), StartOutcome::New);
    assert!(harness.handle_with(&harness.table, &event).await.is_err(), "the damage is reported as an error");
    assert_eq!(harness.execution_of(&second).await.status, ExecutionStatus::Completed);
}

#[tokio::test]
async fn a_rejected_mail_is_retried_later() {
    let harness = ExecutorHarness::new().await;
    let workflow = harness.publish("welcome", "coupon_redeemed", welcome(), json!({})).await;
    harness.outbound.reject_mails(1);
    harness.handle(&redeemed(&harness)).await;
    let waiting = harness.execution_of(&workflow).await;
    assert_eq!((waiting.status, waiting.steps[1].attempts.len()), (ExecutionStatus::Waiting, 1));
    harness.advance_to(60_000).await;
    let done = harness.execution_of(&workflow).await;
    assert_eq!((done.status, done.steps[1].attempts.len()), (ExecutionStatus::Completed, 2));
    assert_eq!(harness.outbound.subjects(), ["Welcome", "Again"]);
}

#[tokio::test]
async fn an_ended_execution_leaves_no_timer() {
    let harness = ExecutorHarness::new().await;
    let workflow = harness.publish("welcome", "coupon_redeemed", welcome(), json!({})).await;
    harness.handle(&redeemed(&harness)).await;
    let ended = harness.execution_of(&workflow).await;
    let watchdog = wake(&harness, &ended, watchdog_due(ended.created_at));
    assert!(!harness.table.is_set(&watchdog).await.unwrap());
}

#[tokio::test]
async fn an_execution_larger_than_an_item_drops_old_attempts_and_continues() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let steps = json!([{"id": "tag", "type": "add_tag", "tag": "a"}, {"id": "pause", "type": "wait", "for": "PT1H"},
        {"id": "after", "type": "add_tag", "tag": "b"}]);
    let workflow = harness.publish("long", "coupon_redeemed", steps, json!({})).await;
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", "ana@example.com", 2000)).await;
    let mut execution = harness.execution_of(&workflow).await;
    let mut failing = execution.steps[0].clone();
    failing.output.insert("status".to_owned(), json!(503));
    failing.input.insert("body".to_owned(), json!("x".repeat(500)));
    let error = |i: usize| Some(format!("{i} {}", "x".repeat(500)));
    failing.attempts = (0..9).map(|i| Attempt { error: error(i), ..failing.attempts[0].clone() }).collect();
    execution.steps.splice(0..1, vec![failing; 98]);
    execution.revision = execution.revision.next();
    assert!(harness.store.save(&execution, None).await.unwrap());
    harness.advance_to(2 * 3_600_000).await;
    let done = harness.execution_of(&workflow).await;
    assert_eq!((done.status, done.steps.len()), (ExecutionStatus::Completed, 100));
    let told = &done.steps[0];
    assert_eq!((told.attempts.len(), &told.attempts[0].error, &told.output["status"]), (1, &error(8), &json!(503)));
}

#[tokio::test]
async fn a_decision_takes_one_write_and_an_effect_two() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let pause = json!({"id": "pause", "type": "wait", "for": "PT1H"});
    let branch = json!({"id": "which", "type": "branch", "branches": [
        {"filters": [{"field": "coupon_code", "operator": "is", "value": "FLASH20"}], "steps": []}]});
    let tell =
        json!({"id": "tell", "type": "notify", "channel": "slack", "url": "https://hooks.example.com/x", "text": "!"});
    let mut took = Vec::new();
    for (name, steps) in [("a", json!([pause])), ("b", json!([branch, pause])), ("c", json!([tell, pause]))] {
        let workflow = harness.publish(name, "coupon_redeemed", steps, json!({})).await;
        let published = harness.store.published(&workflow.id).await.unwrap().unwrap();
        let event = harness.redeemed_event(&coupon, workflow.id.as_str(), "ana@example.com", 2000);
        let entry = entry(&event, None, &published, &[], at(2000));
        harness.store.begin(&entry, &wake(&harness, &entry.execution, at(2000))).await.unwrap();
        let before = harness.dynamo.calls();
        run(&harness.store, &harness.outbound, &harness.clock, entry.execution).await.unwrap();
        took.push(harness.dynamo.calls() - before);
    }
    assert_eq!((took[1] - took[0], took[2] - took[0]), (1, 2), "extra calls of a branch and of a notification");
}
