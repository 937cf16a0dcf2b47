//! The profile of a tenant: its settings, its secret, and what a suspended tenant can't do.

use couponflow_app::automation::ports::{AutomationStore as _, ExecutionQuery};
use couponflow_app::kernel::page::PageRequest;
use couponflow_app::tenants::ports::{AccessStore as _, KeyScope, Keys as _, TenantStores as _};
use couponflow_app::timers::fire::FireOutcome;
use couponflow_aws::dynamo::TenantStore;
use couponflow_domain::delivery::mail::Sender;
use couponflow_domain::purchases::customer::Email;
use couponflow_domain::tenants::profile::TenantState;
use couponflow_domain::tenants::settings::{SettingChange, SettingsChange};
use couponflow_http::auth::{KeyCache, authenticate};
use couponflow_http::{Operation, Request};
use couponflow_tests::due::timers;
use couponflow_tests::fixtures::{at, coupon, key, key_secret, stored_tenant, tenant, tenant_secret};
use couponflow_tests::harness::{ExecutorHarness, steps_of};
use couponflow_tests::repository;
use couponflow_tests::table::Dynamo;
use serde_json::{Value, json};

fn sender(sender: Option<&Sender>) -> SettingsChange {
    let sender = sender.cloned().map_or(SettingChange::Reset, SettingChange::Set);
    SettingsChange { sender, ..SettingsChange::default() }
}

async fn sender_of(store: &TenantStore) -> Option<Sender> {
    store.profile().await.unwrap().settings.sender.clone()
}

#[tokio::test]
async fn the_settings_of_a_tenant_are_stored_and_cached() {
    let dynamo = Dynamo::start().await;
    let (admin, executor) = (dynamo.instance(), dynamo.instance());
    let ana = Email::parse("ana@example.com").unwrap();
    let shop = Sender { email: ana.clone(), name: Some("Ana's, \"Shop\" ☕".into()), reply_to: Some(ana) };
    assert!(
        !admin.of(&tenant("demo")).configure(&sender(Some(&shop))).await.unwrap(),
        "a missing tenant is not created"
    );
    let store = stored_tenant(&admin, "demo").await;
    assert!(store.configure(&sender(Some(&shop))).await.unwrap());
    let of_executor = executor.of(&tenant("demo"));
    assert_eq!(sender_of(&of_executor).await, Some(shop.clone()));
    let calls = dynamo.calls();
    assert_eq!(sender_of(&of_executor).await, Some(shop));
    assert_eq!(dynamo.calls(), calls, "an instance caches the profile");
    assert!(store.configure(&sender(None)).await.unwrap());
    assert_eq!(sender_of(&dynamo.instance().of(&tenant("demo"))).await, None);
    assert_eq!(store.current_profile().await.unwrap().secret, tenant_secret(), "changed settings keep the secret");
}

#[tokio::test]
async fn a_tenant_of_an_earlier_version_gets_one_secret() {
    let dynamo = Dynamo::start().await;
    let stores: Vec<TenantStore> = (0..8).map(|_| dynamo.instance().of(&tenant("demo"))).collect();
    let read = futures_util::future::join_all(
        stores.iter().map(async |store: &TenantStore| store.profile().await.unwrap().secret.clone()),
    )
    .await;
    assert!(read.windows(2).all(|two| two[0] == two[1]), "concurrent instances read different secrets");
    assert_eq!(read.len(), 8);
}

fn request(secret: &str) -> Request {
    let mut gateway = repository::json("events/samples/redeem.json");
    gateway["headers"]["authorization"] = json!(format!("Bearer {secret}"));
    Request::new(serde_json::from_value(gateway).unwrap())
}

#[tokio::test]
async fn a_key_of_a_suspended_tenant_is_rejected_within_thirty_seconds() {
    let dynamo = Dynamo::start().await;
    let (table, cache) = (dynamo.instance(), KeyCache::default());
    let (key, secret) = (key("demo", KeyScope::Server), key_secret(KeyScope::Server));
    table.create_tenant(&tenant("demo"), &tenant_secret(), &[(key, secret.hash())], at(0)).await.unwrap();
    let status = async |now_ms| {
        let caller = authenticate(&table, &cache, &request(secret.reveal()), Operation::Redeem, at(now_ms)).await;
        caller.map_or_else(|problem| problem.answer().body["code"].clone(), |_| Value::Null)
    };
    let calls = dynamo.calls();
    assert_eq!(status(0).await, Value::Null);
    assert_eq!(dynamo.calls() - calls, 3, "a cold instance reads the key and the profile, and records the use");
    assert!(dynamo.instance().of(&tenant("demo")).set_tenant_state(TenantState::Suspended).await.unwrap());
    let calls = dynamo.calls();
    assert_eq!(status(29_999).await, Value::Null);
    assert_eq!(dynamo.calls(), calls, "a warm request makes no call");
    assert_eq!(status(30_000).await, json!("tenant_suspended"));
    assert!(dynamo.instance().of(&tenant("demo")).set_tenant_state(TenantState::Active).await.unwrap());
    assert_eq!(status(60_000).await, Value::Null);
}

#[tokio::test]
async fn workflows_of_a_suspended_tenant_neither_start_nor_continue_until_it_is_resumed() {
    let harness = ExecutorHarness::new().await;
    let store = stored_tenant(&harness.table, "demo").await;
    let steps = json!([{"id": "wait", "type": "wait", "for": "PT1H"},
        {"id": "later", "type": "wait", "for": "P1D"}]);
    let workflow = harness.publish("waits", "coupon_expired", steps, json!({})).await;
    harness.handle(&harness.expired_event(&coupon("FIRST", json!({})), 2000)).await;

    store.set_tenant_state(TenantState::Suspended).await.unwrap();
    let suspended = harness.dynamo.instance();
    let skipped = harness.expired_event(&coupon("SECOND", json!({})), 3000);
    harness.handle_with(&suspended, &skipped).await.unwrap();
    let query = ExecutionQuery { workflow_id: Some(workflow.id.clone()), ..ExecutionQuery::default() };
    let page = PageRequest { limit: 10, cursor: None };
    assert_eq!(store.executions(&query, &page).await.unwrap().data.len(), 1, "the event started an execution");

    let due = timers(&harness.dynamo).await.remove(0);
    harness.clock.set(due.due_at);
    assert_eq!(harness.fire_with(&suspended, &due).await.unwrap(), FireOutcome::Postponed);
    assert_eq!(steps_of(&harness.execution_of(&workflow).await), ["wait waiting"]);
    let left = timers(&harness.dynamo).await;
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(left[0].due_at > due.due_at && left[0].purpose == due.purpose, "{left:?}");

    store.set_tenant_state(TenantState::Active).await.unwrap();
    let resumed = harness.dynamo.instance();
    let until = (left[0].due_at - at(0)).num_milliseconds();
    harness.advance_with(&resumed, until).await.unwrap();
    assert_eq!(steps_of(&harness.execution_of(&workflow).await), ["wait completed", "later waiting"]);
}
