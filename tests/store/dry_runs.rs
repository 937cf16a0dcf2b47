//! What a workflow would do, and running it for past events on purpose.

use couponflow_app::dry_run::{Replayed, dry_run, replay};
use couponflow_app::ports::{Contacts as _, Environment as _, PublishedWorkflows as _};
use couponflow_domain::contact::SetChange;
use couponflow_domain::customer::Customer;
use couponflow_domain::execution::ExecutionStatus;
use couponflow_tests::given::{at, stored_coupon};
use couponflow_tests::steps::tag;
use couponflow_tests::world::World;
use serde_json::json;

const HOUR: i64 = 3_600_000;
const ANA: &str = "ana@example.com";

#[tokio::test]
async fn a_dry_run_says_why_not_and_what_it_would_do_and_does_nothing() {
    let world = World::new().await;
    let coupon = stored_coupon(&world.store, "FLASH20", json!({})).await;
    let steps = json!([{"id": "bonus", "type": "generate_coupon", "coupon": {"name": "Bonus",
            "discount": {"type": "percentage", "percent_off": 5}}},
        {"id": "pause", "type": "wait", "for": "PT1H"},
        {"id": "mail", "type": "send_email", "subject": "Hi {{customer.first_name}}", "text": "{{steps.bonus.code}}"}]);
    let trigger = json!({"trigger": {"type": "coupon_redeemed", "filters": [
        {"field": "order_value", "operator": ">", "value": {"amount": 1000, "currency": "USD"}},
        {"field": "coupon_code", "operator": "is", "value": "FLASH20"}]}});
    let workflow = world.publishes("dry", "coupon_redeemed", steps, trigger).await;
    let version = world.store.published(&workflow.id).await.unwrap().unwrap();
    let calls = world.dynamo.calls();
    let wanted = world.redeemed(&coupon, "ord_1", ANA, 2000);
    let dry = dry_run(&world.store, &version, &wanted, world.clock.now()).await.unwrap();
    assert!(world.dynamo.calls() - calls < 10);
    assert!(dry.matches && dry.would_skip.is_none());
    let steps: Vec<&str> = dry.steps.iter().map(|step| step.id.as_str()).collect();
    assert_eq!(steps, ["bonus", "pause", "mail"]);
    let mail = dry.steps[2].input.as_ref().unwrap();
    assert_eq!((&mail["subject"], &mail["text"]), (&json!("Hi Ana"), &json!("(bonus.code)")));
    assert_eq!(dry.steps[2].at, dry.steps[0].at + chrono::TimeDelta::hours(1));

    let other = stored_coupon(&world.store, "OTHER", json!({})).await;
    let unwanted = world.redeemed(&other, "ord_2", ANA, 2000);
    let dry = json!(dry_run(&world.store, &version, &unwanted, world.clock.now()).await.unwrap());
    assert_eq!(
        (&dry["matches"], &dry["filters"]["all"][0]["held"], &dry["filters"]["all"][1]["held"]),
        (&json!(false), &json!(true), &json!(false))
    );
    assert_eq!(dry["filters"]["all"][1]["expected"], json!(["flash20"]));
    assert_eq!(dry["filters"]["all"][1]["received"], json!("other"));
    assert!(world.executions_of(&workflow).await.is_empty() && world.outside.subjects().is_empty());
}

#[tokio::test]
async fn a_workflow_runs_for_a_past_event_on_purpose_and_once() {
    let world = World::new().await;
    let coupon = stored_coupon(&world.store, "FLASH20", json!({})).await;
    let (past, other) = (world.redeemed(&coupon, "ord_1", ANA, 2000), world.applied(&coupon, "ord_1", ANA, 2000));
    world.handles(&past).await;
    let workflow = world.publishes("late", "coupon_redeemed", json!([tag("late")]), json!({"re_entry": true})).await;
    let version = world.store.published(&workflow.id).await.unwrap().unwrap();
    let replayed = async |event| replay(&world.store, &world.clock, &version, event).await.unwrap();
    assert_eq!(replayed(&other).await, Replayed::NotWanted);
    assert_eq!(replayed(&past).await, Replayed::Begun);
    assert_eq!(replayed(&past).await, Replayed::RanBefore);
    world.passes(HOUR).await;
    assert_eq!(world.execution_of(&workflow).await.status, ExecutionStatus::Completed);
}

#[tokio::test]
async fn a_dry_run_and_a_replay_know_a_contact_without_an_address() {
    let world = World::new().await;
    let coupon = stored_coupon(&world.store, "FLASH20", json!({})).await;
    let vip = json!({"trigger": {"type": "coupon_redeemed", "filters": [
        {"field": "contact_tag", "operator": "contains_any", "value": ["VIP"]}]}});
    let workflow = world.publishes("vip", "coupon_redeemed", json!([tag("seen")]), vip).await;
    let customer = Customer { email: None, id: Some("cust_1".to_owned()), first_name: None, last_name: None };
    let one = world.store.see_customer(&customer, at(0), world.clock.bits()).await.unwrap().unwrap();
    world.store.change_set(&one, &SetChange::AddTag("VIP".into()), None).await.unwrap();
    let mut event = world.redeemed(&coupon, "ord_1", ANA, 2000);
    event.data.customer = Some(customer);
    let published = world.store.published(&workflow.id).await.unwrap().unwrap();
    let dry = dry_run(&world.store, &published, &event, at(3000)).await.unwrap();
    assert!(dry.matches, "{:?}", dry.filters);
    let replayed = replay(&world.store, &world.clock, &published, &event).await.unwrap();
    assert_eq!(replayed, Replayed::Begun);
}
