//! Dry runs, and replays of past events.

use couponflow_app::automation::dry_run::{PlannedStep, Replayed, dry_run, dry_runs, replay};
use couponflow_app::automation::ports::AutomationStore as _;
use couponflow_app::contacts::ports::ContactStore as _;
use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_app::delivery::ports::DeliveryStore as _;
use couponflow_app::kernel::system::{Clock as _, Rng as _};
use couponflow_domain::automation::execution::{ExecutionStatus, StepStatus};
use couponflow_domain::contacts::contact::SetChange;
use couponflow_domain::delivery::webhook::SigningSecret;
use couponflow_domain::events::event::Event;
use couponflow_domain::kernel::ids::SigningSecretId;
use couponflow_domain::purchases::customer::Customer;
use couponflow_tests::fixtures::{at, stored_coupon};
use couponflow_tests::harness::ExecutorHarness;
use couponflow_tests::repository;
use couponflow_tests::steps::{mail, tag};
use serde_json::{Value, json};

const HOUR: i64 = 3_600_000;
const ANA: &str = "ana@example.com";

#[tokio::test]
async fn a_dry_run_explains_filters_and_steps_and_has_no_effects() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let steps = json!([{"id": "bonus", "type": "generate_coupon", "coupon": {"name": "Bonus",
            "discount": {"type": "percentage", "percent_off": 5}}},
        {"id": "pause", "type": "wait", "for": "PT1H"},
        {"id": "mail", "type": "send_email", "subject": "Hi {{customer.first_name}}", "text": "{{steps.bonus.code}}"}]);
    let trigger = json!({"trigger": {"type": "coupon_redeemed", "filters": [
        {"field": "order_value", "operator": ">", "value": {"amount": 1000, "currency": "USD"}},
        {"field": "coupon_code", "operator": "is", "value": "FLASH20"}]}});
    let workflow = harness.publish("dry", "coupon_redeemed", steps, trigger).await;
    let version = harness.store.published(&workflow.id).await.unwrap().unwrap();
    let calls = harness.dynamo.calls();
    let wanted = harness.redeemed_event(&coupon, "ord_1", ANA, 2000);
    let dry = dry_run(&harness.store, &version, &wanted, harness.clock.now()).await.unwrap();
    assert!(harness.dynamo.calls() - calls < 10);
    assert!(dry.matches && dry.would_skip.is_none());
    let steps: Vec<&str> = dry.steps.iter().map(|step| step.id.as_str()).collect();
    assert_eq!(steps, ["bonus", "pause", "mail"]);
    let mail = dry.steps[2].input.as_ref().unwrap();
    assert_eq!((&mail["subject"], &mail["text"]), (&json!("Hi Ana"), &json!("(bonus.code)")));
    assert_eq!(dry.steps[2].at, dry.steps[0].at + chrono::TimeDelta::hours(1));

    let other = stored_coupon(&harness.store, "OTHER", json!({})).await;
    let unwanted = harness.redeemed_event(&other, "ord_2", ANA, 2000);
    let dry = json!(dry_run(&harness.store, &version, &unwanted, harness.clock.now()).await.unwrap());
    assert_eq!(
        (&dry["matches"], &dry["filters"]["all"][0]["held"], &dry["filters"]["all"][1]["held"]),
        (&json!(false), &json!(true), &json!(false))
    );
    assert_eq!(dry["filters"]["all"][1]["expected"], json!(["flash20"]));
    assert_eq!(dry["filters"]["all"][1]["received"], json!("other"));
    assert!(harness.executions_of(&workflow).await.is_empty() && harness.outbound.subjects().is_empty());
}

#[tokio::test]
async fn a_replay_runs_a_workflow_once_for_a_past_event() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let (past, other) =
        (harness.redeemed_event(&coupon, "ord_1", ANA, 2000), harness.applied_event(&coupon, "ord_1", ANA, 2000));
    harness.handle(&past).await;
    let workflow = harness.publish("late", "coupon_redeemed", json!([tag("late")]), json!({"re_entry": true})).await;
    let version = harness.store.published(&workflow.id).await.unwrap().unwrap();
    let replayed = async |event| replay(&harness.store, &harness.clock, &version, event).await.unwrap();
    assert_eq!(replayed(&other).await, Replayed::NotWanted);
    assert_eq!(replayed(&past).await, Replayed::Begun);
    assert_eq!(replayed(&past).await, Replayed::RanBefore);
    harness.advance_to(HOUR).await;
    assert_eq!(harness.execution_of(&workflow).await.status, ExecutionStatus::Completed);
}

#[tokio::test]
async fn dry_run_and_replay_find_a_contact_without_an_address() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let vip = json!({"trigger": {"type": "coupon_redeemed", "filters": [
        {"field": "contact_tag", "operator": "contains_any", "value": ["VIP"]}]}});
    let workflow = harness.publish("vip", "coupon_redeemed", json!([tag("seen")]), vip).await;
    let customer =
        Customer { email: None, id: Some("cust_1".into()), first_name: None, last_name: None, verified: true };
    let one = harness.store.upsert_contact(&customer, at(0), harness.clock.bits()).await.unwrap().unwrap();
    harness.store.change_set(&one, &SetChange::AddTag("VIP".into()), None).await.unwrap();
    let mut event = harness.redeemed_event(&coupon, "ord_1", ANA, 2000);
    event.data.customer = Some(customer);
    let published = harness.store.published(&workflow.id).await.unwrap().unwrap();
    let dry = dry_run(&harness.store, &published, &event, at(3000)).await.unwrap();
    assert!(dry.matches, "{:?}", dry.filters);
    let replayed = replay(&harness.store, &harness.clock, &published, &event).await.unwrap();
    assert_eq!(replayed, Replayed::Begun);
}

#[tokio::test]
async fn a_dry_run_predicts_skipped_and_failing_steps() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let gone = stored_coupon(&harness.store, "GONE", json!({"max_redemptions": 5})).await;
    assert!(harness.store.delete_coupon(&gone, at(1)).await.unwrap());
    let steps = json!([
        {"id": "longer", "type": "extend_coupon", "by": "P1D"},
        {"id": "more", "type": "raise_limit", "by": 5},
        {"id": "swap", "type": "replace_with_backup_coupon"},
        {"id": "late", "type": "raise_limit", "coupon_id": gone.id, "by": 5},
        tag("never")]);
    harness.confirm("team@example.com").await;
    let alert = json!({"on_failure": {"alert": ["team@example.com"]}});
    for (name, settings, told, end) in [
        ("stops", json!({}), vec![], ExecutionStatus::Failed),
        ("goes on", json!({"on_failure": "continue"}), vec!["never completed"], ExecutionStatus::Completed),
        ("tells", alert, vec!["on_failure completed"], ExecutionStatus::Failed),
    ] {
        let workflow = harness.publish(name, "coupon_redeemed", steps.clone(), settings).await;
        let published = harness.store.published(&workflow.id).await.unwrap().unwrap();
        let event = harness.redeemed_event(&coupon, "ord_1", ANA, 2000);
        let dry = dry_run(&harness.store, &published, &event, harness.clock.now()).await.unwrap();
        let status = |step: &PlannedStep| format!("{} {}", step.id, json!(step.status).as_str().unwrap());
        let before = ["longer skipped", "more skipped", "swap skipped", "late failed"];
        let expected: Vec<&str> = before.into_iter().chain(told).collect();
        assert_eq!(dry.steps.iter().map(status).collect::<Vec<_>>(), expected, "{name}");
        assert_eq!(dry.would_end, Some(end), "{name}");
        let why: Vec<_> = dry.steps.iter().filter_map(|step| step.detail.as_deref()).take(3).collect();
        assert_eq!(why, ["the coupon never expires", "the coupon has no limit", "the coupon has no backup coupon"]);
    }
}

#[tokio::test]
async fn a_dry_run_of_the_sample_with_every_step_predicts_no_failure() {
    let harness = ExecutorHarness::new().await;
    let coupon =
        stored_coupon(&harness.store, "FLASH20", json!({"max_redemptions": 10, "expires_at": at(30 * 24 * HOUR)}))
            .await;
    let mut sample = repository::json("events/samples/workflow-of-all-steps.json");
    let own_topic = sample["steps"].take().to_string().replace("couponflow-my-shop_", "couponflow-demo_");
    let steps = serde_json::from_str(&own_topic).unwrap();
    let secret = SigningSecret::new(SigningSecretId::new(at(0), [1; 10]), [[1; 10]; 3], at(0));
    harness.store.rotate_signing_secret(secret, at(0)).await.unwrap();
    let workflow = harness.publish("all", "coupon_applied", steps, json!({})).await;
    let version = harness.store.published(&workflow.id).await.unwrap().unwrap();
    let event = harness.applied_event(&coupon, "ord_1", ANA, 6000);
    let dry = dry_run(&harness.store, &version, &event, harness.clock.now()).await.unwrap();
    assert!(dry.matches && dry.steps.len() > 15, "{:#?}", dry.steps);
    for step in dry.steps.iter().flat_map(|step| std::iter::once(step).chain(&step.for_one_contact)) {
        assert_ne!(step.status, StepStatus::Failed, "{step:#?}");
    }
    assert_eq!(dry.would_end, Some(ExecutionStatus::Completed));
}

#[tokio::test]
async fn a_dry_run_says_that_the_message_window_delays_a_message() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let window = json!({"message_window": {"from": "09:00", "to": "17:00"}});
    let workflow = harness.publish("thanks", "coupon_redeemed", json!([mail("thanks")]), window).await;
    let published = harness.store.published(&workflow.id).await.unwrap().unwrap();
    let event = harness.redeemed_event(&coupon, "ord_1", ANA, 2000);
    let dry = dry_run(&harness.store, &published, &event, at(2000)).await.unwrap();
    let [plan] = &dry.steps[..] else { panic!("{:?}", dry.steps) };
    let note = "would wait until 2024-10-04T09:00:00Z: outside the workflow's message window";
    assert_eq!(plan.note.as_deref(), Some(note));
    assert_eq!((plan.at, plan.status), (at(2000), StepStatus::Completed));
    assert!(plan.input.is_some(), "the plan has the message");
}

#[tokio::test]
async fn the_events_of_a_dry_run_count_in_order_of_occurrence() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let skipped = async |name: &str, steps: Value, settings: Value, events: &[Event]| {
        let workflow = harness.publish(name, "coupon_redeemed", steps, settings).await;
        let published = harness.store.published(&workflow.id).await.unwrap().unwrap();
        let runs = dry_runs(&harness.store, &published, events, at(9000)).await.unwrap();
        let ids: Vec<_> = runs.iter().map(|run| run.event_id.clone()).collect();
        assert_eq!(
            ids,
            events.iter().map(|event| event.id().clone()).collect::<Vec<_>>(),
            "results are in the order of the request"
        );
        runs.into_iter().map(|run| run.would_skip).collect::<Vec<_>>()
    };
    // Newest first, like in the event log. The event in the middle belongs to another contact.
    let events = [
        harness.redeemed_event(&coupon, "ord_3", ANA, 4000),
        harness.redeemed_event(&coupon, "ord_2", "bo@example.com", 3000),
        harness.redeemed_event(&coupon, "ord_1", ANA, 2000),
    ];
    let hourly = json!({"re_entry": true, "max_executions_per_contact_and_hour": 1});
    let once = "the contact has entered this workflow 1 times in this hour".to_owned();
    assert_eq!(skipped("hourly", json!([tag("x")]), hourly, &events).await, [Some(once), None, None]);
    let before = "the contact has entered this workflow before".to_owned();
    assert_eq!(skipped("once", json!([tag("x")]), json!({}), &events).await, [Some(before), None, None]);
    let waits = json!([{"id": "pause", "type": "wait", "for": "PT1H"}]);
    let under_way = skipped("waits", waits, json!({"re_entry": true}), &events).await;
    assert!(under_way[0].as_deref().unwrap().contains("is under way") && under_way[2].is_none(), "{under_way:?}");
    let twice = [events[0].clone(), events[0].clone()];
    let again = "the workflow has already run for this event".to_owned();
    assert_eq!(skipped("twice", json!([tag("x")]), json!({}), &twice).await, [None, Some(again)]);
}

#[tokio::test]
async fn a_dry_run_knows_the_expiry_of_a_coupon_that_it_would_generate() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let steps = json!([{"id": "gift", "type": "generate_coupon", "expires_in": "P3D", "coupon": {"name": "Gift",
            "discount": {"type": "percentage", "percent_off": 5}}},
        {"id": "mail", "type": "send_email", "subject": "Until {{steps.gift.expires_at|date}}", "text": "{{steps.gift.code}}"},
        {"id": "eve", "type": "wait", "until": "{{steps.gift.expires_at}}", "before": "P1D"},
        {"id": "remind", "type": "send_email", "subject": "One day left", "text": "{{steps.gift.code}}"}]);
    let workflow = harness.publish("gift", "coupon_redeemed", steps, json!({})).await;
    let version = harness.store.published(&workflow.id).await.unwrap().unwrap();
    let dry =
        dry_run(&harness.store, &version, &harness.redeemed_event(&coupon, "ord_1", ANA, 2000), at(0)).await.unwrap();
    let reached: Vec<&str> = dry.steps.iter().map(|step| step.id.as_str()).collect();
    assert_eq!(reached, ["gift", "mail", "eve", "remind"]);
    assert!(dry.steps.iter().all(|step| step.status == StepStatus::Completed), "{:#?}", dry.steps);
    assert_eq!(dry.steps[3].at, at(48 * HOUR), "a day before the generated coupon expires");
    assert_eq!(dry.steps[1].input.as_ref().unwrap()["subject"], "Until Oct 7, 2024");
}
