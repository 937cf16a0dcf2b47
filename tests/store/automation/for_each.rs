//! Fan-out: a `for_each_contact` step starts an execution for each contact of an audience.

use aws_sdk_dynamodb::types::AttributeValue;
use couponflow_app::contacts::ports::ContactStore as _;
use couponflow_app::kernel::system::Rng as _;
use couponflow_domain::automation::execution::ExecutionStatus;
use couponflow_domain::contacts::contact::{Contact, SetChange};
use couponflow_domain::purchases::customer::{Customer, Email};
use couponflow_tests::fixtures::{at, stored_coupon};
use couponflow_tests::harness::{ExecutorHarness, steps_of};
use couponflow_tests::steps::tag;
use serde_json::{Value, json};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

async fn contact(harness: &ExecutorHarness, email: &str) -> Contact {
    let email = Some(Email::parse(email).unwrap());
    let customer = Customer { email, id: None, first_name: None, last_name: None, verified: true };
    harness.store.upsert_contact(&customer, at(0), harness.clock.bits()).await.unwrap().unwrap()
}

/// Creates `count` contacts on the list `everybody`.
async fn create_list(harness: &ExecutorHarness, count: usize) -> Vec<Contact> {
    let mut all = Vec::new();
    for i in 0..count {
        let one = contact(harness, &format!("c{i}@example.com")).await;
        harness.store.change_set(&one, &SetChange::AddToList("everybody".into()), None).await.unwrap();
        all.push(one);
    }
    all
}

async fn damage(harness: &ExecutorHarness, contact: &Contact) {
    let text = |text: String| AttributeValue::S(text);
    let update = harness.dynamo.client.update_item().table_name("couponflow");
    let update =
        update.key("pk", text(format!("t#demo#contact#{}", contact.id.key()))).key("sk", text("contact".into()));
    let update =
        update.update_expression("SET email = :damage").expression_attribute_values(":damage", text("@".into()));
    update.send().await.unwrap();
}

fn each(id: &str, inside: Value) -> Value {
    json!({"id": id, "type": "for_each_contact", "audience": {"type": "list", "list": "everybody"}, "steps": inside})
}

#[tokio::test]
async fn a_fan_out_starts_another_workflow_for_every_contact() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "EARLYBIRD25", json!({})).await;
    create_list(&harness, 3).await;
    let last = harness.publish("last", "manual", json!([tag("last")]), json!({})).await;
    let next = json!([tag("next"), {"id": "on", "type": "start_workflow", "workflow_id": last.id}]);
    let next = harness.publish("next", "manual", next, json!({})).await;
    let start = json!([{"id": "start", "type": "start_workflow", "workflow_id": next.id}]);
    let workflow = harness.publish("all", "coupon_expired", json!([each("each", start)]), json!({})).await;
    let expired = harness.expired_event(&coupon, 4000);
    harness.handle(&expired).await;
    harness.advance_to(HOUR).await;
    harness.handle(&expired).await;
    harness.advance_to(2 * HOUR).await;
    assert_eq!(harness.executions_of(&workflow).await.len(), 4);
    assert_eq!(harness.executions_of(&next).await.len(), 3);
    assert_eq!(harness.executions_of(&last).await.len(), 3);
    for i in 0..3 {
        let tags = contact(&harness, &format!("c{i}@example.com")).await.tags;
        assert_eq!(tags.iter().map(ToString::to_string).collect::<Vec<_>>(), ["last", "next"], "c{i}");
    }
}

#[tokio::test]
async fn a_contact_takes_part_in_all_fan_outs_of_one_run_but_never_again() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "EARLYBIRD25", json!({})).await;
    create_list(&harness, 3).await;
    // The executions of the first fan-out are still in progress when the second one starts.
    let first = each("first", json!([tag("one"), {"id": "rest", "type": "wait", "for": "P2D"}]));
    let steps = json!([first, {"id": "pause", "type": "wait", "for": "P1D"}, each("second", json!([tag("two")]))]);
    let workflow = harness.publish("twice", "coupon_expired", steps, json!({})).await;
    harness.handle(&harness.expired_event(&coupon, 4000)).await;
    harness.advance_to(3 * DAY).await;
    let executions = harness.executions_of(&workflow).await;
    let steps: Vec<_> = executions.iter().filter(|one| one.parent.is_some()).map(steps_of).collect();
    assert_eq!(steps.iter().filter(|steps| **steps == ["two completed"]).count(), 3, "{steps:?}");
    assert!(executions.iter().all(|execution| execution.status == ExecutionStatus::Completed));
    let other = stored_coupon(&harness.store, "EARLYBIRD30", json!({})).await;
    harness.handle(&harness.expired_event(&other, 4 * DAY)).await;
    harness.advance_to(8 * DAY).await;
    let executions = harness.executions_of(&workflow).await;
    let skipped = executions.iter().filter(|execution| execution.status == ExecutionStatus::Skipped).count();
    assert_eq!((executions.len(), skipped), (14, 6));
}

#[tokio::test]
async fn a_damaged_contact_does_not_stop_a_fan_out() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "EARLYBIRD25", json!({})).await;
    let all = create_list(&harness, 3).await;
    damage(&harness, &all[1]).await;
    let workflow = harness.publish("all", "coupon_expired", json!([each("each", json!([tag("x")]))]), json!({})).await;
    harness.handle(&harness.expired_event(&coupon, 4000)).await;
    harness.advance_to(HOUR).await;
    let executions = harness.executions_of(&workflow).await;
    let parent = executions.iter().find(|execution| execution.parent.is_none()).unwrap();
    assert_eq!((parent.status, executions.len()), (ExecutionStatus::Completed, 3), "{parent:#?}");
    assert_eq!(parent.outputs()["each"]["contacts"], 2);
}

#[tokio::test]
async fn each_contact_of_an_audience_gets_its_own_execution() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "EARLYBIRD25", json!({})).await;
    for i in 0..130 {
        harness
            .handle(&harness.applied_event(&coupon, &format!("ord_{i}"), &format!("c{i}@example.com"), 2000 + i))
            .await;
    }
    harness.handle(&harness.redeemed_event(&coupon, "ord_7", "c7@example.com", 3000)).await;
    let inside = json!([{"id": "last", "type": "generate_coupon", "only_for_contact": true,
            "coupon": {"name": "Last chance", "discount": {"type": "percentage", "percent_off": 15}}},
        {"id": "mail", "type": "send_email", "subject": "{{customer.email}}: {{steps.last.code}}", "text": "Hello"}]);
    let steps = json!([{"id": "each", "type": "for_each_contact", "audience": {"type": "applied_not_redeemed"},
        "steps": inside}]);
    let workflow = harness.publish("missed", "coupon_expired", steps, json!({})).await;
    let expired = harness.expired_event(&coupon, 4000);
    harness.handle(&expired).await;
    harness.advance_to(HOUR).await;
    harness.handle(&expired).await;
    harness.advance_to(2 * HOUR).await;
    let executions = harness.executions_of(&workflow).await;
    let (parents, children): (Vec<_>, Vec<_>) = executions.iter().partition(|execution| execution.parent.is_none());
    assert_eq!((parents.len(), children.len()), (1, 129));
    assert_eq!(parents[0].outputs()["each"]["contacts"], 129);
    assert!(children.iter().all(|child| child.status == ExecutionStatus::Completed));
    let mut subjects = harness.outbound.subjects();
    subjects.sort();
    subjects.dedup();
    assert_eq!(subjects.len(), 129, "each contact gets their own code");
    assert!(!subjects.iter().any(|subject| subject.starts_with("c7@")));
}

#[tokio::test]
async fn a_large_audience_is_started_over_several_invocations() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "EARLYBIRD25", json!({})).await;
    for i in 0..600 {
        let one = contact(&harness, &format!("c{i}@example.com")).await;
        harness.store.change_set(&one, &SetChange::AddToList("everybody".into()), None).await.unwrap();
    }
    let steps = json!([{"id": "each", "type": "for_each_contact", "audience": {"type": "list", "list": "everybody"},
        "steps": [{"id": "pause", "type": "wait", "for": "P1D"}]}, {"id": "after", "type": "pause_coupon"}]);
    let workflow = harness.publish("all", "coupon_expired", steps, json!({})).await;
    harness.handle(&harness.expired_event(&coupon, 4000)).await;
    let begun = |executions: &[couponflow_domain::automation::execution::Execution]| {
        executions.iter().find(|execution| execution.parent.is_none()).unwrap().steps[0].memory.begun
    };
    let first = harness.executions_of(&workflow).await;
    assert!((1..=500).contains(&begun(&first)) && first.len() <= 501, "{}", first.len());
    harness.advance_to(HOUR).await;
    let executions = harness.executions_of(&workflow).await;
    assert_eq!(executions.len(), 601);
    let parent = executions.iter().find(|execution| execution.parent.is_none()).unwrap();
    assert_eq!((parent.status, &parent.outputs()["each"]["contacts"]), (ExecutionStatus::Completed, &json!(600)));
}
