//! A small load test: 500 redeem requests, 32 at a time.

use couponflow_tests::fixtures::purchase_body;
use couponflow_tests::shop::{Shop, eventually};
use futures_util::stream::{self, StreamExt as _};
use serde_json::json;

#[tokio::test]
async fn five_hundred_redeems_make_500_redemptions_and_500_events() {
    let shop = Shop::open("load").await;
    let coupon = shop.coupon("LOAD20", json!({"max_redemptions": 1000})).await;
    let bodies: Vec<_> =
        (0..500).map(|i| purchase_body("LOAD20", &format!("ord_{i}"), &format!("c{i}@load.example.com"))).collect();
    let statuses: Vec<u16> =
        stream::iter(&bodies).map(|body| shop.redeem(body)).buffer_unordered(32).map(|got| got.status).collect().await;
    assert_eq!(statuses, vec![201; 500]);
    assert_eq!(shop.get(&format!("/v1/coupons/{coupon}")).await["times_redeemed"], 500);
    eventually("every event", async || (shop.events(&coupon, "CouponRedeemed").await.len() == 500).then_some(())).await;
}
