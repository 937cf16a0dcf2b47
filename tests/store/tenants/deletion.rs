//! Deletion of all data of a tenant.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use couponflow_app::kernel::system::Clock as _;
use couponflow_app::tenants::delete::{DeleteOutcome, step};
use couponflow_app::tenants::ports::{AccessStore as _, KeyScope, Keys as _, TenantStores as _};
use couponflow_app::timers::fire::FireOutcome;
use couponflow_app::timers::ports::TimerStore as _;
use couponflow_aws::dynamo::{Table, TenantStore};
use couponflow_domain::tenants::deletion::{Deletion, SETTLING};
use couponflow_domain::tenants::profile::TenantState;
use couponflow_domain::timers::timer::Timer;
use couponflow_http::auth::{KeyCache, authenticate};
use couponflow_http::{Operation, Request};
use couponflow_tests::due::{FixedClock, timers};
use couponflow_tests::fixtures::{at, coupon, key, key_secret, stored_tenant, tenant, tenant_secret};
use couponflow_tests::golden::story;
use couponflow_tests::harness::ExecutorHarness;
use couponflow_tests::repository;
use couponflow_tests::table::Dynamo;
use serde_json::{Value, json};

/// Keys of all items, each as one text.
async fn items(dynamo: &Dynamo) -> Vec<String> {
    let items = dynamo.client.scan().table_name("couponflow").into_paginator().items().send();
    let items = items.collect::<Result<Vec<_>, _>>().await.unwrap();
    let text = |item: &HashMap<String, AttributeValue>, name: &str| item[name].as_s().unwrap().clone();
    let mut items: Vec<String> =
        items.iter().map(|item| format!("{} {}", text(item, "pk"), text(item, "sk"))).collect();
    items.sort();
    items
}

async fn suspended(table: &Table, name: &str) -> TenantStore {
    let store = table.of(&tenant(name));
    assert!(store.set_tenant_state(TenantState::Suspended).await.unwrap());
    store
}

/// Runs one step at an instant that does not advance.
async fn step_at(store: &TenantStore, now_ms: i64) -> Deletion {
    match step(store, &FixedClock(at(now_ms)), at(now_ms + 10_000)).await.unwrap() {
        DeleteOutcome::Progress(deletion) => deletion,
        other => panic!("{other:?}"),
    }
}

const SETTLED: i64 = SETTLING.num_milliseconds();

/// The story stores items of every kind.
#[tokio::test]
async fn deletion_removes_items_of_every_kind_and_keeps_the_items_of_other_tenants() {
    let (harness, _) = story::play().await;
    let dynamo = &harness.dynamo;
    let table = dynamo.instance();
    let before = items(dynamo).await;
    let _ = stored_tenant(&table, "demo2").await;
    let other_timers: Vec<_> = timers(dynamo).await.into_iter().take(3).collect();
    for timer in &other_timers {
        table.set_timer(&Timer { tenant_id: tenant("demo2"), ..timer.clone() }).await.unwrap();
    }
    let of_others: Vec<String> = items(dynamo).await.into_iter().filter(|item| !before.contains(item)).collect();
    assert!(other_timers.len() == 3 && of_others.len() >= 4, "{of_others:?}");

    let store = suspended(&table, "demo").await;
    let first = step_at(&store, 0).await;
    assert!(first.deleted > 100 && first.finished_at.is_none(), "{first:?}");
    assert_eq!(first.pass.begins_at, at(SETTLED));
    let last = step_at(&store, SETTLED).await;
    assert_eq!((last.deleted, last.finished_at), (first.deleted, Some(at(SETTLED))));

    let shared = ["scan ", "mail "];
    let left: Vec<String> = items(dynamo).await.into_iter().filter(|item| !of_others.contains(item)).collect();
    let left: Vec<&String> = left.iter().filter(|item| !shared.iter().any(|part| item.starts_with(part))).collect();
    assert!(matches!(&left[..], [tombstone] if *tombstone == "t#demo tenant"), "{left:#?}");
    let kept = items(dynamo).await.into_iter().filter(|item| of_others.contains(item)).count();
    assert_eq!(kept, of_others.len(), "an item of another tenant was deleted");
}

#[tokio::test]
async fn only_a_suspended_tenant_is_deleted_and_a_deleted_one_never_resumes() {
    let dynamo = Dynamo::start().await;
    let table = dynamo.instance();
    let clock = FixedClock(at(0));
    assert_eq!(step(&table.of(&tenant("demo")), &clock, at(1)).await.unwrap(), DeleteOutcome::Unknown);
    let store = stored_tenant(&table, "demo").await;
    let before = items(&dynamo).await;
    assert_eq!(step(&store, &clock, at(1)).await.unwrap(), DeleteOutcome::NotSuspended);
    assert_eq!(items(&dynamo).await, before);

    let store = suspended(&table, "demo").await;
    let secret = store.current_profile().await.unwrap().secret.clone();
    let deletion = step_at(&store, 0).await;
    assert_eq!(deletion.finished_at, None);
    let profile = store.current_profile().await.unwrap();
    assert!(profile.state == TenantState::Deleted && profile.secret != secret);
    assert!(!store.set_tenant_state(TenantState::Active).await.unwrap());
    step_at(&store, SETTLED).await;
    assert!(!store.set_tenant_state(TenantState::Active).await.unwrap());
    let again = step_at(&store, SETTLED + 1).await;
    assert_eq!(again.finished_at, Some(at(SETTLED + 1)), "another pass after the end");
}

#[tokio::test]
async fn an_item_that_is_written_late_is_deleted_before_the_deletion_ends() {
    let dynamo = Dynamo::start().await;
    let table = dynamo.instance();
    stored_tenant(&table, "demo").await;
    let store = suspended(&table, "demo").await;
    step_at(&store, 0).await;
    let write = async || {
        let late = dynamo.client.put_item().table_name("couponflow");
        let text = |value: &str| AttributeValue::S(value.to_owned());
        late.item("pk", text("t#demo#late")).item("sk", text("late")).send().await.unwrap();
    };
    write().await;
    let second = step_at(&store, SETTLED).await;
    assert!(second.finished_at.is_some(), "the step ran a third pass");
    write().await;
    assert_eq!(step_at(&store, SETTLED + 1).await.deleted, second.deleted + 1);
    assert_eq!(items(&dynamo).await.len(), 1);
}

/// Crash sweep: the step dies after each number of calls, and a later step completes the deletion.
#[tokio::test]
async fn an_interrupted_deletion_continues() {
    let dynamo = Dynamo::start().await;
    let table = dynamo.instance();
    stored_tenant(&table, "demo").await;
    suspended(&table, "demo").await;
    let mut failed = 0;
    for calls in 0..50 {
        let dying = dynamo.dying_instance(calls);
        let now = at(if calls < 10 { 0 } else { SETTLED });
        match step(&dying.of(&tenant("demo")), &FixedClock(now), now + SETTLING).await {
            Err(_) => failed += 1,
            Ok(DeleteOutcome::Progress(deletion)) if deletion.finished_at.is_some() => break,
            Ok(DeleteOutcome::Progress(_)) => {}
            Ok(other) => panic!("{other:?}"),
        }
    }
    assert!(failed >= 3, "{failed} interruptions");
    assert_eq!(items(&dynamo).await.len(), 1, "only the tombstone is left");
}

#[tokio::test]
async fn events_timers_and_requests_of_a_deleted_tenant_are_dropped() {
    let harness = ExecutorHarness::new().await;
    let (key, secret) = (key("demo", KeyScope::Server), key_secret(KeyScope::Server));
    harness.table.create_tenant(&tenant("demo"), &tenant_secret(), &[(key, secret.hash())], at(0)).await.unwrap();
    let cache = KeyCache::default();
    let code = async |table: &Table, now_ms| {
        let mut gateway = repository::json("events/samples/redeem.json");
        gateway["headers"]["authorization"] = json!(format!("Bearer {}", secret.reveal()));
        let request = Request::new(serde_json::from_value(gateway).unwrap());
        let caller = authenticate(table, &cache, &request, Operation::Redeem, at(now_ms)).await;
        caller.map_or_else(|problem| problem.answer().body["code"].clone(), |_| Value::Null)
    };
    assert_eq!(code(&harness.table, 0).await, Value::Null);
    let workflow = json!([{"id": "wait", "type": "wait", "for": "PT1H"}]);
    harness.publish("waits", "coupon_expired", workflow, json!({})).await;
    harness.handle(&harness.expired_event(&coupon("FIRST", json!({})), 2000)).await;
    let due = timers(&harness.dynamo).await.remove(0);
    let store = suspended(&harness.dynamo.instance(), "demo").await;
    step_at(&store, 0).await;
    let deleted = harness.dynamo.instance();
    let event = harness.expired_event(&coupon("SECOND", json!({})), 3000);
    harness.handle_with(&deleted, &event).await.unwrap();
    deleted.set_timer(&due).await.unwrap();
    harness.clock.set(due.due_at);
    assert!(harness.clock.now() >= due.due_at);
    assert_eq!(harness.fire_with(&deleted, &due).await.unwrap(), FireOutcome::Void);
    let left: Vec<String> = items(&harness.dynamo).await;
    assert!(matches!(&left[..], [tombstone] if *tombstone == "t#demo tenant"), "{left:#?}");
    assert_eq!(code(&deleted, 30_000).await, json!("invalid_key"));
}
