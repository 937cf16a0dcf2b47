//! Interruption sweeps: another operation runs between any two table calls of an execution.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use couponflow_app::automation::execute::{OperationOutcome, cancel, retry};
use couponflow_app::automation::ports::{AutomationStore as _, Workflow};
use couponflow_app::contacts::ports::ContactStore as _;
use couponflow_app::delivery::mail_events::handle_mail_event;
use couponflow_domain::automation::execution::{Execution, ExecutionStatus};
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::delivery::mail_event::MailEvent;
use couponflow_domain::kernel::ids::ExecutionId;
use couponflow_tests::fixtures::{at, stored_coupon};
use couponflow_tests::harness::{ExecutorHarness, steps_of};
use couponflow_tests::repository;
use couponflow_tests::steps::{mail, tag};
use serde_json::{Value, json};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
const ANA: &str = "ana@example.com";

fn chat(id: &str) -> Value {
    json!({"id": id, "type": "notify", "channel": "slack", "url": "https://hooks.example.com/x", "text": id})
}

/// Builds an SES event from a sample file, about the mail of a step.
pub(crate) fn report(name: &str, execution: &Execution, step: &str) -> MailEvent {
    let mut event = repository::json(&format!("events/samples/{name}.json"));
    let tags = &mut event["detail"]["mail"]["tags"];
    tags["couponflow-tenant"] = json!(["demo"]);
    tags["couponflow-execution"] = json!([execution.id]);
    tags["couponflow-step"] = json!([step]);
    MailEvent::read(&event).unwrap()
}

async fn first_execution(harness: &ExecutorHarness, workflow: &Workflow) -> Option<Execution> {
    harness.executions_of(workflow).await.into_iter().next()
}

/// Runs a workflow once for each of its table calls. In run n, `meanwhile` runs right before call n
/// and returns whether it changed anything. The last run has fewer calls, so `meanwhile` does not
/// run. Asserts that every execution ends. Calls `check` if `meanwhile` changed anything. Otherwise
/// asserts that the steps are those of `undisturbed`. Returns the number of calls of `check`.
async fn interrupt_every_call<F>(
    steps: Value,
    undisturbed: &[&str],
    meanwhile: impl Fn(Arc<ExecutorHarness>, Coupon, Option<Execution>) -> F + Copy + Send + 'static,
    check: impl Fn(&ExecutorHarness, &Execution, usize),
) -> usize
where
    F: Future<Output = bool> + 'static,
{
    let mut checked = 0;
    for call in 0.. {
        let harness = Arc::new(ExecutorHarness::new().await);
        let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
        let workflow = harness.publish("met", "coupon_applied", steps.clone(), json!({})).await;
        let event = harness.applied_event(&coupon, "ord_1", ANA, 2000);
        let (there, met) = (Arc::clone(&harness), workflow.clone());
        let did_something = Arc::new(OnceLock::new());
        let outcome = Arc::clone(&did_something);
        let interrupted = harness.dynamo.interrupted_instance(call, move || async move {
            let execution = first_execution(&there, &met).await;
            outcome.set(meanwhile(there, coupon, execution).await).unwrap();
        });
        harness.handle_with(&interrupted, &event).await.unwrap();
        let did_something = did_something.get().copied();
        harness.advance_to(30 * DAY).await;
        let execution = harness.execution_of(&workflow).await;
        assert!(execution.status.is_over(), "before call {call}: {execution:#?}");
        if did_something == Some(true) {
            check(&harness, &execution, call);
            checked += 1;
        } else {
            assert_eq!(steps_of(&execution), undisturbed, "before call {call}, nothing happened");
            check_no_duplicates(&harness, call);
        }
        if did_something.is_none() {
            return checked;
        }
    }
    unreachable!("a workflow ends")
}

fn check_no_duplicates(harness: &ExecutorHarness, call: usize) {
    let mut subjects = harness.outbound.subjects();
    let count = subjects.len();
    subjects.sort();
    subjects.dedup();
    assert_eq!(subjects.len(), count, "before call {call}: {subjects:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_report_during_a_later_step_keeps_all_outcomes() {
    let reports = Arc::new(AtomicUsize::new(0));
    for call in 0.. {
        let harness = Arc::new(ExecutorHarness::new().await);
        let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
        let steps = json!([mail("thanks"), chat("team"), mail("more"), tag("end")]);
        let workflow = harness.publish("told", "coupon_redeemed", steps, json!({"on_unknown": "stop"})).await;
        let event = harness.redeemed_event(&coupon, "ord_1", ANA, 2000);
        let (meanwhile, told, counter) = (Arc::clone(&harness), workflow.clone(), Arc::clone(&reports));
        let is_interrupted = Arc::new(OnceLock::new());
        let interruption = Arc::clone(&is_interrupted);
        let interrupted = harness.dynamo.interrupted_instance(call, move || async move {
            interruption.set(()).unwrap();
            let Some(execution) = first_execution(&meanwhile, &told).await else { return };
            let report = report("ses-delivered", &execution, "thanks");
            handle_mail_event(&meanwhile.store, &meanwhile.clock, &report).await.unwrap();
            let reported = meanwhile.execution_of(&told).await;
            counter.fetch_add(usize::from(reported.revision > execution.revision), Ordering::SeqCst);
        });
        harness.handle_with(&interrupted, &event).await.unwrap();
        harness.advance_to(HOUR).await;
        let execution = harness.execution_of(&workflow).await;
        let completed = ["thanks completed", "team completed", "more completed", "end completed"];
        assert_eq!(steps_of(&execution), completed, "before call {call}: {execution:#?}");
        assert_eq!((harness.outbound.subjects().len(), harness.outbound.posts().len()), (2, 1), "before call {call}");
        if is_interrupted.get().is_none() {
            break;
        }
    }
    let reports = reports.load(Ordering::SeqCst);
    assert!(reports >= 3, "only {reports} reports changed the execution");
}

#[tokio::test]
async fn a_redemption_stops_a_retried_execution() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let steps = json!([chat("team"), {"id": "pause", "type": "wait", "for": "P1D"}, mail("reminder")]);
    let workflow = harness.publish("stop", "coupon_applied", steps, json!({"stop_on_redemption": true})).await;
    harness.outbound.respond_to_posts(404);
    harness.handle(&harness.applied_event(&coupon, "ord_1", ANA, 2000)).await;
    let failed = harness.execution_of(&workflow).await;
    assert_eq!(failed.status, ExecutionStatus::Failed);
    harness.outbound.respond_to_posts(200);
    assert!(matches!(retry(&harness.store, &harness.clock, &failed.id).await.unwrap(), OperationOutcome::Done(_)));
    harness.advance_to(HOUR).await;
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, 2 * HOUR)).await;
    harness.advance_to(2 * DAY).await;
    assert_eq!(harness.execution_of(&workflow).await.status, ExecutionStatus::Cancelled);
    assert!(harness.outbound.subjects().is_empty());
}

#[tokio::test]
async fn a_repeated_event_meets_only_one_goal() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let goal = |id: &str| json!({"id": id, "type": "goal", "event": "coupon_redeemed"});
    let pause = |id: &str| json!({"id": id, "type": "wait", "for": "P1D"});
    let steps = json!([pause("a"), goal("first"), pause("b"), goal("second"), tag("end")]);
    let workflow = harness.publish("goals", "coupon_applied", steps, json!({})).await;
    harness.handle(&harness.applied_event(&coupon, "ord_1", ANA, 2000)).await;
    let redeemed = harness.redeemed_event(&coupon, "ord_1", ANA, HOUR);
    harness.handle(&redeemed).await;
    harness.advance_to(2 * HOUR).await;
    harness.handle(&redeemed).await;
    harness.advance_to(3 * HOUR).await;
    assert_eq!(steps_of(&harness.execution_of(&workflow).await), ["a skipped", "first completed", "b waiting"]);
    harness.advance_to(3 * DAY).await;
    let steps = ["a skipped", "first completed", "b completed", "second skipped", "end completed"];
    assert_eq!(
        steps_of(&harness.execution_of(&workflow).await),
        steps,
        "reading the event log does not meet the second goal either"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_goal_met_between_any_two_calls_is_reached() {
    let steps = json!([mail("a"), {"id": "pause", "type": "wait", "for": "P1D"}, mail("b"),
        {"id": "bought", "type": "goal", "event": "coupon_redeemed"}, mail("c")]);
    let meet = |harness: Arc<ExecutorHarness>, coupon: Coupon, execution: Option<Execution>| async move {
        let listens = execution.is_some_and(|execution| !execution.steps.is_empty());
        if listens {
            harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, 3000)).await;
        }
        listens
    };
    let undisturbed = ["a completed", "pause completed", "b completed", "bought skipped", "c completed"];
    let met = interrupt_every_call(steps, &undisturbed, meet, |harness, execution, call| {
        check_no_duplicates(harness, call);
        let steps = steps_of(execution);
        assert_eq!(steps.last().unwrap(), "c completed", "before call {call}: {steps:?}");
        assert!(steps.contains(&"bought completed".to_owned()), "before call {call}: {steps:?}");
    })
    .await;
    assert!(met >= 5, "the goal was met in only {met} runs");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_step_starts_after_a_cancellation_between_any_two_calls() {
    let steps = json!([mail("a"), tag("b"), mail("c"), {"id": "pause", "type": "wait", "for": "P1D"}, mail("d")]);
    let stop = |harness: Arc<ExecutorHarness>, _: Coupon, execution: Option<Execution>| async move {
        let Some(execution) = execution else { return false };
        let stopped = cancel(&harness.store, &harness.clock, &execution.id, "x").await.unwrap();
        matches!(stopped, OperationOutcome::Done(_))
    };
    let undisturbed = ["a completed", "b completed", "c completed", "pause completed", "d completed"];
    let cancelled = interrupt_every_call(steps, &undisturbed, stop, |harness, execution, call| {
        assert_eq!(execution.status, ExecutionStatus::Cancelled, "before call {call}");
        check_no_duplicates(harness, call);
        let mails = harness.outbound.subjects();
        assert!(!mails.contains(&"d".to_owned()), "before call {call}: {mails:?}");
        for step in steps_of(execution) {
            let sent = mails.iter().any(|mail| step.starts_with(mail));
            assert!(!sent || step.ends_with("completed"), "before call {call}: {step} {mails:?}");
        }
    })
    .await;
    assert!(cancelled >= 5, "only {cancelled} executions were cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_with_the_same_event_have_every_effect_once() {
    let steps = json!([mail("a"), tag("b"), chat("c"), {"id": "pause", "type": "wait", "for": "P1D"}, mail("d")]);
    let again = |harness: Arc<ExecutorHarness>, coupon: Coupon, _: Option<Execution>| async move {
        harness.handle(&harness.applied_event(&coupon, "ord_1", ANA, 2000)).await;
        true
    };
    let all = ["a completed", "b completed", "c completed", "pause completed", "d completed"];
    let repeated = interrupt_every_call(steps, &all, again, |harness, execution, call| {
        check_no_duplicates(harness, call);
        assert_eq!(steps_of(execution), all, "before call {call}");
        assert_eq!((harness.outbound.subjects().len(), harness.outbound.posts().len()), (2, 1), "before call {call}");
    })
    .await;
    assert!(repeated >= 5, "only {repeated} runs were interrupted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_for_an_event_misses_no_event_after_its_claim() {
    let steps = json!([mail("a"), {"id": "back", "type": "wait_for_event", "event": "coupon_redeemed", "timeout": "P1D",
        "then": [mail("thanks")], "on_timeout": [mail("reminder")]}]);
    let happen = |harness: Arc<ExecutorHarness>, coupon: Coupon, execution: Option<Execution>| async move {
        let waits = execution.is_some_and(|execution| execution.steps.len() > 1);
        if waits {
            harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, 3000)).await;
        }
        waits
    };
    let undisturbed = ["a completed", "back completed", "reminder completed"];
    let notified = interrupt_every_call(steps, &undisturbed, happen, |harness, _, call| {
        assert_eq!(harness.outbound.subjects(), ["a", "thanks"], "before call {call}");
    })
    .await;
    assert!(notified >= 5, "the event happened in only {notified} runs");
}

#[tokio::test]
async fn a_contact_that_returns_after_its_erasure_has_no_listening_executions() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let event = harness.applied_event(&coupon, "ord_1", ANA, 2000);
    let ana =
        harness.store.upsert_contact(event.data.customer.as_ref().unwrap(), at(0), [1; 10]).await.unwrap().unwrap();
    let key = ana.id.key().to_owned();
    assert!(harness.store.withdraw_consent(&key, &ana.unsubscribe_token, at(1)).await.unwrap());
    let ana = harness.store.contact(&ana.id).await.unwrap().unwrap();
    assert!(harness.store.erase_contact(&ana, at(0)).await.unwrap());
    harness.store.listen(&ana.id, &ExecutionId::new(at(0), [2; 10])).await.unwrap();
    let again =
        harness.store.upsert_contact(event.data.customer.as_ref().unwrap(), at(3000), [3; 10]).await.unwrap().unwrap();
    assert!(again.listening.is_empty(), "{again:?}");
}
