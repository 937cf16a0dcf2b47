//! Idempotency keys over HTTP.

use std::collections::HashSet;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use couponflow_tests::fixtures::purchase_body;
use couponflow_tests::shop::{ApiResponse, Shop, text};
use couponflow_tests::{local, repository};
use futures_util::future::join_all;
use serde_json::{Value, json};

fn flash20() -> Value {
    json!({"code": "FLASH20", "name": "Flash sale", "discount": {"type": "percentage", "percent_off": 12.5}})
}

fn as_sent(got: &ApiResponse) -> (u16, &str, &str) {
    (got.status, &got.content_type, &got.text)
}

fn code(got: &ApiResponse) -> (u16, &str) {
    (got.status, got.body["code"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn a_repeated_request_gets_the_same_response_byte_for_byte() {
    let shop = Shop::open("idempotency").await;
    let (admin, server) = (&shop.keys.admin, &shop.keys.server);
    let mut last1 = flash20();
    last1["max_redemptions"] = json!(1);
    let redeem = async |key: &str, order: &str| {
        shop.post_with_key("/v1/redeem", server, key, &purchase_body("FLASH20", order, "ana@idempotency.example.com"))
            .await
    };
    let coupon = shop.post_with_key("/v1/coupons", admin, "c1", &last1).await;
    let path = format!("/v1/coupons/{}", text(&coupon.clone().expect(201)["id"]));
    let pause = async || shop.post_with_key(&format!("{path}/pause"), admin, "p1", &json!({})).await;
    let (redemption, rejection) = (redeem("r1", "ord_1").await, redeem("r2", "ord_2").await);
    assert_eq!((redemption.status, code(&rejection)), (201, (409, "limit_reached")));
    let paused = pause().await;
    assert_eq!(paused.body["status"], "paused");
    shop.post(&format!("{path}/activate"), json!({})).await.expect(200);

    for (again, first) in [
        (shop.post_with_key("/v1/coupons", admin, "c1", &last1).await, coupon),
        (redeem("r1", "ord_1").await, redemption),
        (redeem("r2", "ord_2").await, rejection),
        (pause().await, paused),
    ] {
        assert_eq!(as_sent(&again), as_sent(&first));
    }
    assert_eq!(shop.get(&path).await["status"], "exhausted", "the repeated request must not pause the coupon again");
}

#[tokio::test]
async fn malformed_and_reused_idempotency_keys_are_rejected() {
    let shop = Shop::open("idempotency-refused").await;
    let admin = &shop.keys.admin;
    let long = "k".repeat(256);
    for bad in ["", &long] {
        let refused = shop.post_with_key("/v1/coupons", admin, bad, &flash20()).await;
        assert_eq!(code(&refused), (422, "invalid_request"));
        assert_eq!(refused.body["errors"][0]["pointer"], "Idempotency-Key:");
    }
    shop.post_with_key("/v1/coupons", admin, "c1", &flash20()).await.expect(201);
    let mut other = flash20();
    other["code"] = json!("FLASH30");
    let reused = shop.post_with_key("/v1/coupons", admin, "c1", &other).await;
    assert_eq!(code(&reused), (422, "idempotency_key_reused"));
    shop.post_with_key("/v1/coupons", admin, "c2", &other).await.expect(201);
    let unknown = shop.post_with_key("/v1/coupons", "cf_admin_guessed", "c3", &flash20()).await;
    assert_eq!(code(&unknown), (401, "invalid_key"));
    let taken = shop.post_with_key("/v1/coupons", admin, "c3", &flash20()).await;
    assert_eq!(code(&taken), (409, "code_taken"), "an unauthenticated request does not use up the idempotency key");
}

#[tokio::test]
async fn concurrent_creations_with_one_key_create_once() {
    let shop = Shop::open("idempotency-at-once").await;
    let body = flash20();
    let sent = join_all((0..8).map(|_| shop.post_with_key("/v1/coupons", &shop.keys.admin, "c1", &body))).await;
    assert!(sent.iter().all(|got| [(409, "idempotency_in_flight"), (201, "FLASH20")].contains(&code(got))));
    let created: HashSet<_> = sent.iter().filter(|got| got.status == 201).map(|got| got.text.clone()).collect();
    assert_eq!(created.len(), 1);
    assert_eq!(shop.get("/v1/coupons").await["data"].as_array().unwrap().len(), 1);
}

/// Simulates, for every idempotent request of the tenant, that its function died after the commit:
/// removes the recorded response and lets the claim expire.
async fn simulate_crash(shop: &Shop, tenant: &str) {
    let client = Client::new(&local::sdk_config(shop.stack.aws_endpoint_url.clone()));
    let table = &shop.stack.table;
    let of_tenant = AttributeValue::S(format!("t#{tenant}#idempotency#"));
    let items = client.scan().table_name(table).filter_expression("begins_with(pk, :of_tenant)");
    let items = items.expression_attribute_values(":of_tenant", of_tenant).into_paginator().items().send();
    let items = items.collect::<Result<Vec<_>, _>>().await.unwrap();
    assert!(!items.is_empty());
    for item in items {
        let update = client.update_item().table_name(table).key("pk", item["pk"].clone()).key("sk", item["sk"].clone());
        let update = update.update_expression("SET lease_until_ms = :over REMOVE answer");
        update.expression_attribute_values(":over", AttributeValue::N("0".into())).send().await.unwrap();
    }
}

#[tokio::test]
async fn a_retry_after_a_crash_returns_the_response_of_the_committed_request() {
    let shop = Shop::open("idempotency-died").await;
    let (admin, server) = (&shop.keys.admin, &shop.keys.server);
    let workflow = repository::json("events/samples/workflow-upsell.json");
    let purchase = purchase_body("FLASH20", "ord_1", "ana@idempotency-died.example.com");
    let requests = [
        ("/v1/coupons", admin, flash20()),
        ("/v1/workflows", admin, workflow),
        ("/v1/apply", server, purchase.clone()),
        ("/v1/redeem", server, purchase),
    ];
    let send_all = async || {
        let mut answers = Vec::new();
        for (path, key, body) in &requests {
            answers.push(shop.post_with_key(path, key, path, body).await);
        }
        answers
    };
    let first = send_all().await;
    simulate_crash(&shop, "idempotency-died").await;
    for (again, first) in send_all().await.iter().zip(&first) {
        assert!((200..300).contains(&first.status), "{}", first.text);
        assert_eq!(as_sent(again), as_sent(first));
    }
    assert_eq!(shop.get("/v1/workflows").await["data"].as_array().unwrap().len(), 1);

    let path = format!("/v1/redemptions/{}/rollback", text(&first[3].body["id"]));
    let roll_back = async || shop.post_with_key(&path, server, "b1", &json!({"reason": "refunded"})).await.expect(200);
    let rolled_back = roll_back().await;
    simulate_crash(&shop, "idempotency-died").await;
    assert_eq!(roll_back().await["rollback"], rolled_back["rollback"]);
    let coupon = shop.get(&format!("/v1/coupons/{}", text(&first[0].body["id"]))).await;
    assert_eq!(coupon["times_redeemed"], 0);
}
