//! Rate limits over HTTP.

use couponflow_tests::fixtures::purchase_body;
use couponflow_tests::shop::Shop;
use serde_json::json;

#[tokio::test]
async fn guessing_codes_gets_429_with_the_time_to_wait_and_the_shops_server_goes_on() {
    let shop = Shop::open("rate-limits").await;
    shop.coupon("FLASH20", json!({})).await;
    let limits = json!({"storefront_address": {"capacity": 20, "per_minute": 1}});
    let command = json!({"configure_tenant": {"tenant_id": shop.tenant, "rate_limits": limits}});
    let (answer, failed) = shop.invoke("api", &command).await;
    assert!(!failed, "{answer}");

    let guess = |number: usize| purchase_body(&format!("GUESS{number}"), "ord_1", "ana@limits.example.com");
    let first = shop.apply(&guess(1)).await;
    assert_eq!((first.status, first.header("retry-after")), (404, ""));
    let limited = shop.apply(&guess(2)).await;
    assert_eq!((limited.status, &limited.body["code"]), (429, &json!("too_many_attempts")), "{:#}", limited.body);
    assert_eq!(limited.content_type, "application/problem+json");
    let wait: u32 = limited.header("retry-after").parse().expect("seconds");
    assert!((1..=121).contains(&wait), "two units are missing, and one unit returns per minute: {wait} s");
    assert_eq!(limited.header("ratelimit"), format!("\"storefront_address\";r=0;t={wait}"));
    assert_eq!(limited.header("ratelimit-policy"), "\"storefront_address\";q=20;w=1200");

    let cart = purchase_body("FLASH20", "ord_1", "ana@limits.example.com");
    assert_eq!(shop.apply(&cart).await.status, 429, "a valid code from the same network");
    shop.hold(&cart).await.expect(200);
    shop.redeem(&cart).await.expect(201);
}
