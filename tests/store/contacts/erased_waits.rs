//! Cancelling the waiting executions of an erased contact: at once, in batches, after crashes, and
//! during concurrent steps.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use couponflow_app::automation::ports::{AutomationStore as _, Workflow};
use couponflow_app::contacts::edit::{Erased, erase};
use couponflow_app::contacts::ports::ContactStore as _;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_domain::automation::execution::{Execution, ExecutionStatus};
use couponflow_domain::automation::plan::{WorkflowEntry, entry};
use couponflow_domain::contacts::contact::Contact;
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::kernel::counters::Revision;
use couponflow_domain::kernel::ids::ExecutionId;
use couponflow_domain::purchases::customer::Email;
use couponflow_domain::timers::timer::{Purpose, Timer};
use couponflow_tests::due::timers;
use couponflow_tests::fixtures::{at, stored_coupon, tenant};
use couponflow_tests::harness::ExecutorHarness;
use couponflow_tests::steps::mail;
use serde_json::{Value, json};
use tokio::runtime::Handle;

pub(super) const ANA: &str = "ana@example.com";
const BO: &str = "bo@example.com";
pub(super) const SECOND: i64 = 1000;
pub(super) const HOUR: i64 = 3600 * SECOND;

/// Instant of the erasure, in milliseconds after `at(0)`.
pub(super) const ERASED: i64 = 10 * SECOND;

/// Publishes and starts a workflow that sends a mail to Ana and then waits for years.
pub(super) async fn waits() -> (ExecutorHarness, Coupon, Workflow) {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let greeting = json!({"id": "greet", "type": "send_email", "subject": "Hello {{customer.first_name}}",
        "text": "We write to {{customer.email}}."});
    let steps = json!([greeting, {"id": "pause", "type": "wait", "until": "2029-01-01T00:00:00Z"}, mail("late")]);
    let workflow = harness.publish("years", "coupon_redeemed", steps, json!({})).await;
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, 2000)).await;
    (harness, coupon, workflow)
}

pub(super) async fn contact(harness: &ExecutorHarness, email: &str) -> Option<Contact> {
    harness.store.contact_by_email(&Email::parse(email).unwrap()).await.unwrap()
}

pub(super) async fn erase_ana(harness: &ExecutorHarness) {
    let ana = contact(harness, ANA).await.unwrap();
    harness.clock.set(at(ERASED));
    assert_eq!(erase(&harness.store, &ana.id, |_| true, at(ERASED)).await.unwrap(), Erased::Done);
}

/// Starts a workflow that waits before a mail to Ana. Returns the harness, the workflow and the
/// timer that ends the wait.
async fn about_to_mail() -> (Arc<ExecutorHarness>, Workflow, Timer) {
    let harness = Arc::new(ExecutorHarness::new().await);
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let steps = json!([{"id": "pause", "type": "wait", "for": "PT5S"}, mail("hello"),
        {"id": "long", "type": "wait", "for": "P300D"}]);
    let workflow = harness.publish("raced", "coupon_redeemed", steps, json!({})).await;
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, 2000)).await;
    let wake = wakes(&harness).await.remove(0);
    (harness, workflow, wake)
}

/// Returns the stored items of executions as text.
async fn stored_executions(harness: &ExecutorHarness) -> Vec<String> {
    let items = harness.dynamo.client.scan().table_name("couponflow").send().await.unwrap().items.unwrap();
    let execution = AttributeValue::S("EXECUTION".to_owned());
    items.into_iter().filter(|item| item.get("kind") == Some(&execution)).map(|item| format!("{item:?}")).collect()
}

pub(super) fn check_cancelled(execution: &Execution, what: &str) {
    let why = (execution.status, execution.detail.as_deref());
    assert_eq!(why, (ExecutionStatus::Cancelled, Some("the contact was erased")), "{what}: {execution:#?}");
}

async fn check_forgotten(harness: &ExecutorHarness, what: &str) {
    for item in stored_executions(harness).await {
        assert!(!item.contains("Ana") && !item.contains(ANA), "{what}: {item}");
    }
}

/// Returns the timers that wake executions.
pub(super) async fn wakes(harness: &ExecutorHarness) -> Vec<Timer> {
    let is_wake = |timer: &Timer| matches!(timer.purpose, Purpose::ExecutionWake { .. });
    timers(&harness.dynamo).await.into_iter().filter(is_wake).collect()
}

/// Runs a future on another thread. On the same thread, it would run inside the interrupted future
/// and overflow the stack.
fn on_a_new_stack(future: impl AsyncFnOnce() + Send + 'static) {
    let handle = Handle::current();
    std::thread::spawn(move || handle.block_on(future())).join().unwrap();
}

#[tokio::test]
async fn erasure_cancels_an_execution_that_waits_for_years_and_removes_the_customer() {
    let (harness, coupon, workflow) = waits().await;
    harness.handle(&harness.redeemed_event(&coupon, "ord_2", BO, 3000)).await;
    let before = stored_executions(&harness).await;
    assert!(before.iter().any(|item| item.contains("Hello Ana") && item.contains(ANA)), "{before:#?}");
    erase_ana(&harness).await;
    harness.advance_to(ERASED + SECOND).await;
    let executions = harness.executions_of(&workflow).await;
    check_cancelled(&executions[0], "Ana");
    assert_eq!(executions[1].status, ExecutionStatus::Waiting, "Bo's execution still waits");
    let items = stored_executions(&harness).await;
    let naming: Vec<&String> = items.iter().filter(|item| item.contains("ana@")).collect();
    assert_eq!(naming, Vec::<&String>::new());
    assert!(executions[0].steps[0].output.contains_key("message_id"), "{:#?}", executions[0]);
    assert_eq!(wakes(&harness).await.len(), 1, "only Bo's execution has a timer");
    harness.advance_to(HOUR).await;
    assert_eq!(timers(&harness.dynamo).await.len(), 1, "only the timer of Bo's execution is left");
    assert_eq!(harness.outbound.subjects().len(), 2);
}

#[tokio::test]
async fn cancelled_execution_no_longer_listens() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let steps = json!([{"id": "back", "type": "wait_for_event", "event": "coupon_redeemed", "timeout": "P300D",
        "then": [mail("then")], "on_timeout": [mail("late")]}]);
    let workflow = harness.publish("listens", "coupon_applied", steps, json!({})).await;
    harness.handle(&harness.applied_event(&coupon, "ord_1", ANA, 2000)).await;
    erase_ana(&harness).await;
    harness.advance_to(ERASED + SECOND).await;
    check_cancelled(&harness.execution_of(&workflow).await, "listens");
    let items = harness.dynamo.client.scan().table_name("couponflow").send().await.unwrap().items.unwrap();
    let listener = AttributeValue::S("LISTENER".to_owned());
    assert_eq!(items.iter().filter(|item| item.get("kind") == Some(&listener)).count(), 0);
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", BO, 20 * SECOND)).await;
    harness.advance_to(HOUR).await;
    assert_eq!(harness.outbound.subjects(), Vec::<String>::new());
}

#[tokio::test]
async fn interrupted_cancellation_is_completed_later() {
    for calls in 0.. {
        let (harness, _, workflow) = waits().await;
        erase_ana(&harness).await;
        let lived = harness.advance_with(&harness.dynamo.dying_instance(calls), ERASED + SECOND).await.is_ok();
        harness.advance_to(HOUR).await;
        let what = format!("died after {calls} calls");
        check_cancelled(&harness.execution_of(&workflow).await, &what);
        check_forgotten(&harness, &what).await;
        assert_eq!(timers(&harness.dynamo).await, [], "{what}");
        if lived {
            assert!(calls > 4, "the cancellation takes only {calls} calls");
            return;
        }
    }
}

#[tokio::test]
async fn executions_are_cancelled_wherever_the_erasure_dies() {
    let (mut cancelled, mut untouched) = (0, 0);
    for calls in 0.. {
        let (harness, _, workflow) = waits().await;
        let ana = contact(&harness, ANA).await.unwrap();
        let dying = harness.dynamo.dying_instance(calls).of(&harness.tenant);
        let lived = erase(&dying, &ana.id, |_| true, at(ERASED)).await.is_ok();
        let is_erased = contact(&harness, ANA).await.is_none();
        harness.advance_to(ERASED + SECOND).await;
        match is_erased {
            true => {
                check_cancelled(&harness.execution_of(&workflow).await, &format!("died after {calls} calls"));
                cancelled += 1;
            }
            false => {
                assert_eq!(harness.execution_of(&workflow).await.status, ExecutionStatus::Waiting);
                untouched += 1;
            }
        }
        if lived {
            assert!(cancelled > 1 && untouched > 1, "{cancelled} after the erasing write, {untouched} before it");
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn erasure_between_any_two_calls_of_a_step_cancels_the_execution() {
    for call in 0.. {
        let (harness, workflow, wake) = about_to_mail().await;
        harness.clock.set(wake.due_at);
        let (there, before) = (Arc::clone(&harness), harness.dynamo.calls());
        let interrupted = harness.dynamo.interrupted_instance(call, move || async move {
            on_a_new_stack(async move || {
                erase_ana(&there).await;
                there.advance_to(ERASED + SECOND).await;
            });
        });
        harness.fire_with(&interrupted, &wake).await.unwrap();
        if contact(&harness, ANA).await.is_some() {
            assert!(call > 6, "the step takes {} calls", harness.dynamo.calls() - before);
            return;
        }
        harness.advance_to(HOUR).await;
        let what = format!("before call {call}");
        check_cancelled(&harness.execution_of(&workflow).await, &what);
        check_forgotten(&harness, &what).await;
        assert_eq!(timers(&harness.dynamo).await, [], "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn step_between_any_two_calls_of_the_erasure_does_not_save_the_execution() {
    for call in 0.. {
        let (harness, workflow, wake) = about_to_mail().await;
        erase_ana(&harness).await;
        let there = Arc::clone(&harness);
        let happened = Arc::new(AtomicBool::new(false));
        let happens = Arc::clone(&happened);
        let interrupted = harness.dynamo.interrupted_instance(call, move || async move {
            happens.store(true, Ordering::SeqCst);
            on_a_new_stack(async move || {
                there.fire_with(&there.table, &wake).await.unwrap();
            });
        });
        let erasure = timers(&harness.dynamo)
            .await
            .into_iter()
            .find(|timer| matches!(timer.purpose, Purpose::ContactErasure { .. }) && timer.due_at == at(ERASED));
        harness.fire_with(&interrupted, &erasure.unwrap()).await.unwrap();
        let what = format!("before call {call}");
        check_cancelled(&harness.execution_of(&workflow).await, &what);
        assert_eq!(harness.outbound.subjects(), Vec::<String>::new(), "{what}");
        check_forgotten(&harness, &what).await;
        if !happened.load(Ordering::SeqCst) {
            assert!(call > 4, "the erasure's timer takes only {call} calls");
            return;
        }
    }
}

/// Stores further executions of a workflow that wait for Ana. Returns their ids.
pub(super) async fn wait_more(
    harness: &ExecutorHarness,
    coupon: &Coupon,
    workflow: &Workflow,
    many: i64,
) -> BTreeSet<ExecutionId> {
    let mut ids = BTreeSet::new();
    let published = harness.store.published(&workflow.id).await.unwrap().unwrap();
    let ana = contact(harness, ANA).await.unwrap();
    for i in 0..many {
        let event = harness.redeemed_event(coupon, &format!("ord_more_{i}"), ANA, 3000);
        let WorkflowEntry { execution, .. } = entry(&event, Some(&ana.id), &published, &[], at(3000));
        let purpose = Purpose::ExecutionWake { execution_id: execution.id.clone() };
        let wake = Timer { tenant_id: harness.tenant.clone(), due_at: at(1000 * HOUR), purpose };
        ids.insert(execution.id.clone());
        let entry = WorkflowEntry { execution, admission: None };
        harness.store.begin(&entry, &wake).await.unwrap();
        let mut waiting = entry.execution;
        (waiting.status, waiting.revision) = (ExecutionStatus::Waiting, Revision::new(2));
        assert!(harness.store.save(&waiting, Some(&wake)).await.unwrap());
    }
    ids
}

#[tokio::test]
async fn hundreds_of_executions_are_cancelled_in_batches() {
    const MANY: i64 = 300;
    let (harness, coupon, workflow) = waits().await;
    wait_more(&harness, &coupon, &workflow, MANY).await;
    erase_ana(&harness).await;
    harness.advance_to(ERASED + SECOND).await;
    let executions = harness.executions_of(&workflow).await;
    let statuses: BTreeSet<&str> = executions.iter().map(|execution| execution.status.into_str()).collect();
    assert_eq!((executions.len() as i64, statuses), (MANY + 1, BTreeSet::from(["cancelled"])));
    check_forgotten(&harness, "many").await;
    harness.advance_to(HOUR).await;
    assert_eq!(timers(&harness.dynamo).await, []);
}

#[tokio::test]
async fn execution_without_an_index_entry_is_cancelled_when_its_record_is_redacted() {
    let (harness, _, workflow) = waits().await;
    for wake in wakes(&harness).await {
        // Remove the index entry of the timer, because earlier versions stored timers without an
        // index entry.
        let mut item = BTreeSet::new();
        for stored in harness.dynamo.client.scan().table_name("couponflow").send().await.unwrap().items.unwrap() {
            let sk = stored["sk"].as_s().unwrap();
            if *sk == wake.key() {
                item.insert((stored["pk"].as_s().unwrap().clone(), sk.clone()));
            }
        }
        for (pk, sk) in item {
            let update = harness.dynamo.client.update_item().table_name("couponflow");
            let update = update.key("pk", AttributeValue::S(pk)).key("sk", AttributeValue::S(sk));
            update.update_expression("REMOVE gsi1pk, gsi1sk").send().await.unwrap();
        }
    }
    erase_ana(&harness).await;
    harness.advance_to(HOUR).await;
    check_cancelled(&harness.execution_of(&workflow).await, "redacted");
    check_forgotten(&harness, "redacted").await;
    harness.advance_to(50_000 * HOUR).await;
    check_cancelled(&harness.execution_of(&workflow).await, "woken");
}

#[tokio::test]
async fn executions_of_another_tenant_keep_waiting() {
    let (harness, _, workflow) = waits().await;
    let other = ExecutorHarness { tenant: tenant("other"), ..ExecutorHarness::on(harness.dynamo) };
    let other = ExecutorHarness { store: other.table.of(&other.tenant), ..other };
    let coupon = stored_coupon(&other.store, "FLASH20", json!({})).await;
    let steps: Value = json!([{"id": "pause", "type": "wait", "for": "P300D"}]);
    other.publish("years", "coupon_redeemed", steps, json!({})).await;
    other.handle(&other.redeemed_event(&coupon, "ord_1", ANA, 2000)).await;
    erase_ana(&other).await;
    other.advance_to(ERASED + HOUR).await;
    let demo = ExecutorHarness::on(other.dynamo);
    assert_eq!(demo.execution_of(&workflow).await.status, ExecutionStatus::Waiting);
}
