//! A small load test: 500 redeem requests, 32 at a time.

use std::time::Duration;

use couponflow_tests::fixtures::purchase_body;
use couponflow_tests::shop::{Shop, eventually_within};
use futures_util::stream::{self, StreamExt as _};
use serde_json::json;

/// Maximum time for one redeem request, and for all events, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);

#[tokio::test]
async fn five_hundred_redeems_make_500_redemptions_and_500_events() {
    let shop = Shop::open("load").await;
    let coupon = shop.coupon("LOAD20", json!({"max_redemptions": 1000})).await;
    let bodies: Vec<_> =
        (0..500).map(|i| purchase_body("LOAD20", &format!("ord_{i}"), &format!("c{i}@load.example.com"))).collect();
    let statuses: Vec<u16> =
        stream::iter(&bodies).map(async |body| shop.redeem(body).await.status).buffer_unordered(32).collect().await;
    // The status is 200 if an earlier attempt committed the redemption but got the response 503.
    assert!(statuses.iter().all(|status| [200, 201].contains(status)), "{statuses:?}");
    assert_eq!(shop.get(&format!("/v1/coupons/{coupon}")).await["times_redeemed"], 500);
    let events = async || (shop.events(&coupon, "CouponRedeemed").await.len() == 500).then_some(());
    eventually_within(PATIENCE, "every event", events).await;
}
