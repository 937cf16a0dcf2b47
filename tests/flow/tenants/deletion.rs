//! Deletion of a tenant by an operator, with the permissions of the `api` function.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use couponflow_tests::local;
use couponflow_tests::shop::{Shop, text};
use serde_json::{Value, json};

/// Returns the keys of the tenant's items, also of API keys and timers.
async fn keys_of(shop: &Shop, tenant: &str) -> Vec<String> {
    let client = Client::new(&local::sdk_config(shop.stack.aws_endpoint_url.clone()));
    let of_tenant = client.scan().table_name(&shop.stack.table);
    let of_tenant = of_tenant.filter_expression("begins_with(pk, :prefix) OR tenant_id = :tenant");
    let of_tenant = of_tenant
        .expression_attribute_values(":prefix", AttributeValue::S(format!("t#{tenant}#")))
        .expression_attribute_values(":tenant", AttributeValue::S(tenant.to_owned()));
    let items = of_tenant.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.unwrap();
    items.into_iter().map(|item| item["pk"].as_s().unwrap().clone()).collect()
}

/// The last pass begins five minutes later, so this test ends before the deletion does.
#[tokio::test]
async fn an_operator_deletes_a_suspended_tenant() {
    let shop = Shop::open("leaving").await;
    shop.coupon("LEAVING", json!({"expires_at": "2099-01-01T00:00:00Z"})).await;
    let other = Shop::open("staying").await;
    let before = keys_of(&other, "staying").await;
    let delete = |confirmed: &str| json!({"delete_tenant": {"tenant_id": "leaving", "confirm_tenant_id": confirmed}});
    for (command, message) in [(delete("staying"), "must repeat tenant_id"), (delete("leaving"), "suspend_tenant")] {
        let (answer, failed) = shop.invoke("api", &command).await;
        assert!(failed && text(&answer["errorMessage"]).contains(message), "{answer}");
    }
    assert!(keys_of(&shop, "leaving").await.len() > 5);
    let (_, failed) = shop.invoke("api", &json!({"suspend_tenant": {"tenant_id": "leaving"}})).await;
    assert!(!failed);

    let (progress, failed) = shop.invoke("api", &delete("leaving")).await;
    assert!(!failed, "{progress}");
    assert_eq!(keys_of(&shop, "leaving").await, Vec::<String>::new(), "{progress}");
    assert_eq!((&progress["state"], &progress["finished_at"]), (&json!("deleting"), &Value::Null));
    assert!(progress["deleted_items"].as_i64().unwrap() > 5, "{progress}");
    let kept = keys_of(&other, "staying").await;
    assert!(before.iter().all(|key| kept.contains(key)), "{kept:?}");
    let (answer, failed) = shop.invoke("api", &json!({"resume_tenant": {"tenant_id": "leaving"}})).await;
    assert!(failed, "{answer}");
    let (answer, failed) = shop.invoke("api", &json!({"create_tenant": {"tenant_id": "leaving"}})).await;
    assert!(failed, "the id is not used again: {answer}");
}
