//! Retention of executions and redemptions.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use couponflow_app::automation::ports::{AutomationStore as _, ExecutionQuery};
use couponflow_app::coupons::cache::CouponCache;
use couponflow_app::kernel::page::PageRequest;
use couponflow_app::purchases::redeem::redeem;
use couponflow_app::tenants::ports::AccessStore as _;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::input;
use couponflow_domain::purchases::RedeemRequest;
use couponflow_domain::tenants::settings::SettingsChange;
use couponflow_tests::fixtures::{at, purchase_body, stored_coupon, stored_tenant};
use couponflow_tests::harness::ExecutorHarness;
use couponflow_tests::relayed::Stream;
use serde_json::{Value, json};

/// Redeems a coupon and runs a workflow for the redemption. Returns for how many days the redemption is kept from its
/// instant, and the execution from its end.
async fn days_with(retention: Value) -> (Option<i64>, Option<i64>) {
    let harness = ExecutorHarness::new().await;
    stored_tenant(&harness.table, "demo").await;
    let setting = input::read(&json!({"retention": retention}), SettingsChange::read).unwrap();
    assert!(harness.store.configure(&setting).await.unwrap());
    harness.store.current_profile().await.unwrap();
    let steps = json!([{"id": "note", "type": "add_tag", "tag": "buyer"}]);
    harness.publish("tag", "coupon_redeemed", steps, json!({})).await;
    stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let body = purchase_body("FLASH20", "ord_1", "ana@example.com");
    let request = input::read(&body, RedeemRequest::read).unwrap();
    redeem(&harness.store, &CouponCache::default(), &harness.tenant, request, at(0), &CorrelationId::new("request"))
        .await
        .unwrap();
    for event in &Stream::of(&harness.dynamo).relay(&harness.table, at(0)).await.events {
        harness.handle_with(&harness.table, event).await.unwrap();
    }
    let page = PageRequest { limit: 10, cursor: None };
    let executions = harness.store.executions(&ExecutionQuery::default(), &page).await.unwrap().data;
    let [execution] = &executions[..] else { panic!("{} executions", executions.len()) };
    let days = |ttl: Option<i64>, from: DateTime<Utc>| {
        ttl.map(|ttl| {
            let seconds = ttl - from.timestamp();
            assert_eq!(seconds % 86_400, 0, "{ttl}");
            seconds / 86_400
        })
    };
    let ended_at = execution.ended_at().unwrap();
    (days(ttl_of(&harness, "REDEMPTION").await, at(0)), days(ttl_of(&harness, "EXECUTION").await, ended_at))
}

/// Returns the `ttl` of the only item of a kind.
async fn ttl_of(harness: &ExecutorHarness, kind: &str) -> Option<i64> {
    let items = harness.dynamo.client.scan().table_name("couponflow").into_paginator().items().send();
    let items = items.collect::<Result<Vec<_>, _>>().await.unwrap();
    let kind = AttributeValue::S(kind.to_owned());
    let found: Vec<_> = items.into_iter().filter(|item| item.get("kind") == Some(&kind)).collect();
    assert_eq!(found.len(), 1, "{kind:?}");
    found[0].get("ttl").map(|ttl| ttl.as_n().unwrap().parse().unwrap())
}

#[tokio::test]
async fn executions_and_redemptions_are_kept_as_long_as_the_tenant_has_set() {
    let retention = json!({"executions_days": 91, "redemptions_days": 500});
    assert_eq!(days_with(retention).await, (Some(500), Some(91)));
}

#[tokio::test]
async fn redemptions_are_kept_without_an_end_by_default() {
    assert_eq!(days_with(Value::Null).await, (None, Some(400)));
}
