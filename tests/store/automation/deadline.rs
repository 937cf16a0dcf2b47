//! Time limit of an invocation, and executions that run side by side.

use std::time::Duration;

use chrono::{DateTime, Utc};
use couponflow_app::automation::execute::handle_event;
use couponflow_app::delivery::ports::DeliveryStore as _;
use couponflow_app::kernel::system::{Clock, Rng};
use couponflow_app::timers::fire::{FireOutcome, fire};
use couponflow_domain::automation::execution::ExecutionStatus;
use couponflow_domain::delivery::webhook::SigningSecret;
use couponflow_domain::kernel::digest::Bits80;
use couponflow_domain::kernel::ids::SigningSecretId;
use couponflow_tests::due::timers;
use couponflow_tests::fixtures::{at, stored_coupon};
use couponflow_tests::harness::{ExecutorHarness, ManualClock, steps_of};
use couponflow_tests::steps::{mail, tag};
use serde_json::json;

const ANA: &str = "ana@example.com";

/// Clock of an invocation that ends at `deadline`.
struct EndsAt<'a> {
    clock: &'a ManualClock,
    deadline: DateTime<Utc>,
}

impl Clock for EndsAt<'_> {
    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    fn deadline(&self) -> Option<DateTime<Utc>> {
        Some(self.deadline)
    }
}

impl Rng for EndsAt<'_> {
    fn bits(&self) -> Bits80 {
        self.clock.bits()
    }
}

#[tokio::test]
async fn no_step_starts_shortly_before_the_invocation_ends_and_a_timer_continues() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let steps = json!([mail("thanks"), tag("after")]);
    let workflow = harness.publish("mail", "coupon_redeemed", steps, json!({})).await;
    let event = harness.redeemed_event(&coupon, "ord_1", ANA, 2000);
    harness.log(&event).await;
    let ending = EndsAt { clock: &harness.clock, deadline: harness.clock.now() + chrono::TimeDelta::seconds(11) };
    handle_event(&harness.store, &harness.table, &harness.outbound, &ending, &event).await.unwrap();
    let begun = harness.execution_of(&workflow).await;
    assert_eq!((begun.status, begun.steps.len()), (ExecutionStatus::Running, 0));
    assert!(harness.outbound.subjects().is_empty());

    let watchdog = timers(&harness.dynamo).await.remove(0);
    harness.clock.set(watchdog.due_at);
    let ending = EndsAt { clock: &harness.clock, deadline: watchdog.due_at + chrono::TimeDelta::seconds(11) };
    let fired = fire(&harness.table, &harness.table, &harness.outbound, &ending, &watchdog).await.unwrap();
    assert_eq!(fired, FireOutcome::NotYet, "the queue delivers the timer again");
    harness.advance_to(600_000).await;
    assert_eq!(steps_of(&harness.execution_of(&workflow).await), ["thanks completed", "after completed"]);
    assert_eq!(harness.outbound.subjects(), ["thanks"]);
}

#[tokio::test]
async fn executions_of_one_event_run_side_by_side() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let secret = SigningSecret::new(SigningSecretId::new(at(0), [1; 10]), [[1; 10]; 3], at(0));
    harness.store.rotate_signing_secret(secret, at(0)).await.unwrap();
    let hook = json!([{"id": "hook", "type": "webhook", "url": "https://hooks.example.com/"}]);
    for name in ["one", "two"] {
        harness.publish(name, "coupon_redeemed", hook.clone(), json!({})).await;
    }
    harness.outbound.let_posts_meet(2);
    let event = harness.redeemed_event(&coupon, "ord_1", ANA, 2000);
    let handled = tokio::time::timeout(Duration::from_secs(60), harness.handle(&event)).await;
    assert!(handled.is_ok(), "each webhook waited for the other one to start");
    assert_eq!(harness.outbound.posts().len(), 2);
}
