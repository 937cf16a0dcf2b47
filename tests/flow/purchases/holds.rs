//! Holds over HTTP: who may hold, how holds end, and how they are used.

use couponflow_tests::fixtures::purchase_body;
use couponflow_tests::shop::{Shop, application_token, eventually, text};
use reqwest::Method;
use serde_json::{Value, json};

fn holding(order: &str, seconds: i64) -> Value {
    let mut body = purchase_body("LAST1", order, "ana@holds.example.com");
    body["hold"] = json!({"ttl_seconds": seconds});
    body
}

#[tokio::test]
async fn the_storefront_key_cannot_hold() {
    let shop = Shop::open("holds-browser").await;
    shop.coupon("LAST1", json!({"max_redemptions": 1})).await;
    let refused = shop.apply(&holding("ord_1", 600)).await;
    let body = &refused.body;
    assert_eq!((refused.status, &body["code"]), (403, &json!("insufficient_scope")));
    assert_eq!(body["errors"][0]["pointer"], "/hold");
}

#[tokio::test]
async fn a_hold_reserves_the_last_redemption_until_it_expires() {
    let shop = Shop::open("holds").await;
    let coupon = shop.coupon("LAST1", json!({"max_redemptions": 1})).await;
    let application = shop.hold(&holding("ord_1", 5)).await.expect(200);
    assert!(application["hold"]["expires_at"].is_string());
    let other = purchase_body("LAST1", "ord_2", "bo@holds.example.com");
    let refused = shop.redeem(&other).await;
    let body = &refused.body;
    assert_eq!(
        (refused.status, &body["code"], &body["hold_may_free_up"]),
        (409, &json!("limit_reached"), &json!(true))
    );
    assert!(text(&body["detail"]).contains("held for other orders"), "{body:#}");
    assert!(
        shop.apply(&other).await.body["hold_may_free_up"].is_null(),
        "the storefront key must not learn about holds"
    );

    let expired = eventually("the hold to expire", async || {
        Some(shop.events(&coupon, "CouponHoldExpired").await).filter(|events| !events.is_empty())
    })
    .await;
    assert_eq!(expired.len(), 1);
    assert_eq!(expired[0]["detail"]["metadata"]["occurred_at"], application["hold"]["expires_at"]);
    shop.redeem(&other).await.expect(201);
    let used_up = shop.redeem(&purchase_body("LAST1", "ord_3", "cy@holds.example.com")).await;
    assert_eq!(used_up.body["detail"], "Every redemption of this coupon has been used.");
    let read = shop.get(&format!("/v1/coupons/{coupon}")).await;
    assert_eq!((&read["held"], &read["times_redeemed"]), (&json!(0), &json!(1)));
}

#[tokio::test]
async fn redeeming_uses_a_hold_and_removing_the_code_releases_it() {
    let shop = Shop::open("holds-used").await;
    let coupon = shop.coupon("LAST1", json!({"max_redemptions": 1})).await;
    let first = shop.hold(&holding("ord_1", 600)).await.expect(200);
    let path = format!("/v1/applications/{}", text(&first["id"]));
    assert_eq!(shop.send(Method::DELETE, &path, &shop.keys.storefront, None).await.status, 404, "a browser, no token");
    let gone = shop.send(Method::DELETE, &path, &shop.keys.server, None).await;
    assert_eq!((gone.status, gone.body), (204, Value::Null));
    assert_eq!(shop.send(Method::DELETE, &path, &shop.keys.server, None).await.status, 404);

    let second = shop.hold(&holding("ord_2", 600)).await.expect(200);
    let order = holding("ord_2", 600)["order"].clone();
    shop.redeem(&json!({"application_id": second["id"], "order": order})).await.expect(201);
    let read = shop.get(&format!("/v1/coupons/{coupon}")).await;
    assert_eq!((&read["held"], &read["times_redeemed"], &read["status"]), (&json!(0), &json!(1), &json!("exhausted")));
    let limit = eventually("the limit", async || {
        Some(shop.events(&coupon, "CouponLimitReached").await).filter(|events| !events.is_empty())
    })
    .await;
    assert_eq!(limit.len(), 1);
    assert!(shop.events(&coupon, "CouponHoldExpired").await.is_empty());
}

#[tokio::test]
async fn browser_changes_and_releases_only_the_order_whose_token_it_has() {
    let shop = Shop::open("holds-token").await;
    let coupon = shop.coupon("LAST1", json!({"max_redemptions": 1})).await;
    let mut cart = purchase_body("LAST1", "ord_1", "ana@holds.example.com");
    let apply = async |key: &str, body: &Value| shop.send(Method::POST, "/v1/apply", key, Some(body.to_string())).await;
    let (browser, server) = (&shop.keys.storefront, &shop.keys.server);
    let first = apply(browser, &cart).await.expect(200);
    let refused = apply(browser, &cart).await;
    assert_eq!((refused.status, &refused.body["code"]), (409, &json!("application_token_required")), "no token");
    cart["application_token"] = first["application_token"].clone();
    assert_eq!(apply(browser, &cart).await.expect(200), first);

    let mut holding = cart.clone();
    holding["hold"] = json!({"ttl_seconds": 600});
    let held = apply(server, &holding).await.expect(200);
    assert_eq!((&held["id"], &held["application_token"]), (&first["id"], &first["application_token"]));
    let id = text(&first["id"]);
    let held_now = async || shop.get(&format!("/v1/coupons/{coupon}")).await["held"].clone();
    assert_eq!(shop.remove_application(&id, &application_token("ord_2")).await.status, 404, "another token");
    assert_eq!(held_now().await, json!(1));
    assert_eq!(shop.remove_application(&id, &text(&first["application_token"])).await.status, 204);
    assert_eq!(held_now().await, json!(0));
}
