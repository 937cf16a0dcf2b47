//! The BETA50 scenario: a limit under concurrency, and the workflow that replaces the coupon when
//! the limit is reached.

use std::collections::BTreeSet;

use couponflow_tests::fixtures::purchase_body;
use couponflow_tests::repository;
use couponflow_tests::shop::{Shop, eventually};
use futures_util::future::join_all;
use serde_json::json;

#[tokio::test]
async fn of_150_concurrent_redeems_100_succeed_and_the_limit_is_reached_once() {
    let shop = Shop::open("beta50").await;
    shop.confirm("marketing@beta50.example.com").await;
    let backup = shop.coupon("BETA25", json!({})).await;
    shop.post(&format!("/v1/coupons/{backup}/pause"), json!({})).await.expect(200);
    let coupon = shop.coupon("BETA50", json!({"max_redemptions": 100, "backup_coupon_id": backup})).await;
    let mut full = repository::json("events/samples/workflow-beta50.json");
    full["steps"][2]["to"] = json!(["marketing@beta50.example.com"]);
    let full = shop.workflow(full).await;

    let bodies: Vec<_> =
        (0..150).map(|i| purchase_body("BETA50", &format!("ord_{i}"), &format!("c{i}@beta50.example.com"))).collect();
    let got = join_all(bodies.iter().map(|body| shop.redeem(body))).await;
    // The status is 200 if an earlier attempt committed the redemption but got the response 503.
    let redeemed = got.iter().filter(|got| [200, 201].contains(&got.status)).count();
    let rejected = got.iter().filter(|got| got.status == 409 && got.body["code"] == "limit_reached").count();
    assert_eq!((redeemed, rejected), (100, 50));

    eventually("the workflow to be completed", async || {
        shop.executions(&full).await.into_iter().find(|execution| execution["status"] == "completed")
    })
    .await;
    let events = eventually("100 redemptions on the bus", async || {
        Some(shop.events(&coupon, "CouponRedeemed").await).filter(|events| events.len() == 100)
    })
    .await;
    let numbers: BTreeSet<i64> = events
        .iter()
        .map(|event| event["detail"]["data"]["redemption"]["redemption_number"].as_i64().unwrap())
        .collect();
    assert_eq!(numbers, (1..=100).collect(), "redemption numbers are unique and have no gaps");
    assert_eq!(shop.events(&coupon, "CouponLimitReached").await.len(), 1);
    assert_eq!(shop.executions(&full).await.len(), 1);

    let beta50 = shop.get(&format!("/v1/coupons/{coupon}")).await;
    assert_eq!((&beta50["status"], &beta50["times_redeemed"]), (&json!("paused"), &json!(100)));
    assert_eq!(shop.get(&format!("/v1/coupons/{backup}")).await["status"], "active");
    let mail = shop.mail_to("marketing@beta50.example.com").await;
    assert_eq!(mail.len(), 1);
    assert_eq!(mail[0]["BodyText"], "All 100 redemptions are used. BETA25 takes its place.");
    let late = shop.redeem(&purchase_body("BETA50", "ord_late", "late@beta50.example.com")).await;
    assert_eq!(late.body["code"], "limit_reached");
}
