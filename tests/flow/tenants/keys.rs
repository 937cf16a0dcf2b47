//! API keys and the audit log over HTTP.

use aws_sdk_dynamodb::Client;
use couponflow_tests::fixtures::purchase_body;
use couponflow_tests::local;
use couponflow_tests::shop::{ApiResponse, Shop, eventually, text};
use reqwest::Method;
use serde_json::{Value, json};

async fn me(shop: &Shop, key: &str) -> ApiResponse {
    shop.send(Method::GET, "/v1/me", key, None).await
}

fn code(got: &ApiResponse) -> (u16, &str) {
    (got.status, got.body["code"].as_str().unwrap_or_default())
}

async fn key_with_id(shop: &Shop, id: &Value) -> Option<Value> {
    let keys = shop.get("/v1/keys?limit=100").await;
    keys["data"].as_array().expect("a list").iter().find(|key| key["id"] == *id).cloned()
}

/// Every path uses the permissions of the functions: `apply` records the use of the key, and `api` changes the key.
#[tokio::test]
async fn a_key_is_created_used_rotated_and_revoked() {
    let shop = Shop::open("keys").await;
    let created = shop.post("/v1/keys", json!({"scope": "storefront", "name": "Web shop"})).await.expect(201);
    let (id, secret) = (&created["id"], text(&created["secret"]));
    let path = format!("/v1/keys/{}", text(id));

    let apply = purchase_body("UNKNOWN1", "ord_1", "ana@keys.example.com").to_string();
    let applied = shop.send(Method::POST, "/v1/apply", &secret, Some(apply)).await;
    assert_eq!(code(&applied), (404, "coupon_not_found"));
    let used = eventually("the day of the use", async || {
        key_with_id(&shop, id).await.filter(|key| key["last_used_on"].is_string())
    });
    let used = used.await;
    assert_eq!(used["last_four"], secret[secret.len() - 4..], "{used:#}");
    assert_eq!(used.get("secret"), None, "a list has no secrets");
    let caller = me(&shop, &secret).await.expect(200);
    assert_eq!((&caller["tenant_id"], &caller["key"]["id"]), (&json!("keys"), id));
    let listed = shop.send(Method::GET, "/v1/keys", &secret, None).await;
    assert_eq!(code(&listed), (403, "insufficient_scope"));

    let rotated = shop.post(&format!("{path}/rotate"), json!({"overlap": "PT1H"})).await.expect(201);
    let successor = text(&rotated["secret"]);
    assert_eq!((&rotated["name"], &rotated["scope"]), (&json!("Web shop"), &json!("storefront")));
    for secret in [&secret, &successor] {
        me(&shop, secret).await.expect(200);
    }

    assert_eq!(shop.send(Method::DELETE, &path, &shop.keys.admin, None).await.status, 204);
    eventually("the rejection of the revoked key", async || (me(&shop, &secret).await.status == 401).then_some(()))
        .await;
    me(&shop, &successor).await.expect(200);

    let entries = eventually("the audit log", async || {
        let entries = shop.get(&format!("/v1/audit?target={}", text(id))).await["data"].clone();
        (entries.as_array().is_some_and(|entries| entries.len() == 3)).then_some(entries)
    });
    let entries = entries.await;
    let operations: Vec<_> = entries.as_array().unwrap().iter().map(|entry| entry["operation"].as_str()).collect();
    assert_eq!(operations, ["RevokeKey", "RotateKey", "CreateKey"].map(Some), "{entries:#}");
}

/// Every item of the table counts, not only the recorded responses.
#[tokio::test]
async fn no_item_contains_a_secret_of_a_key() {
    let shop = Shop::open("key-secrets").await;
    let body = json!({"scope": "server", "name": "Checkout"});
    let create = async || shop.post_with_key("/v1/keys", &shop.keys.admin, "k1", &body).await.expect(201);
    let (created, repeated) = (create().await, create().await);
    let secret = text(&created["secret"]);
    assert_eq!((&repeated["id"], &repeated["secret"]), (&created["id"], &Value::Null));
    let path = format!("/v1/keys/{}/rotate", text(&created["id"]));
    let rotate = async || shop.post_with_key(&path, &shop.keys.admin, "k2", &json!({})).await.expect(201);
    let (rotated, repeated) = (rotate().await, rotate().await);
    let successor = text(&rotated["secret"]);
    assert_eq!((&repeated["id"], &repeated["secret"]), (&rotated["id"], &Value::Null));

    let client = Client::new(&local::sdk_config(shop.stack.aws_endpoint_url.clone()));
    let items = client.scan().table_name(&shop.stack.table).into_paginator().items().send();
    let items: Vec<String> =
        items.collect::<Result<Vec<_>, _>>().await.unwrap().iter().map(|item| format!("{item:?}")).collect();
    let recorded = items.iter().filter(|item| item.contains("t#key-secrets#idempotency#"));
    assert_eq!(recorded.count(), 2, "responses are recorded");
    for secret in [&secret, &successor] {
        assert!(items.iter().all(|item| !item.contains(secret.as_str())));
    }
}
