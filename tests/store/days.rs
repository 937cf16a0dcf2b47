//! Batches of the relay with events of many days.

use couponflow_domain::rejection::Rejection;
use serde_json::json;

use crate::scene::Scene;

const DAY: i64 = 86_400_000;

#[tokio::test]
async fn a_batch_with_events_of_60_days_is_logged_and_counted() {
    let mut scene = Scene::with(json!({"max_redemptions_per_customer": 1})).await;
    let mut anonymous = couponflow_tests::given::purchase_body("FLASH20", "ord_1", "ana@example.com");
    anonymous.as_object_mut().unwrap().remove("customer");
    for day in 0..60 {
        assert_eq!(scene.apply_body(&anonymous, day * DAY).await, Err(Rejection::CustomerRequired));
    }
    assert_eq!(scene.relay().await.of("CouponRejected").len(), 60);
    let (total, days) = scene.statistics().await;
    assert_eq!(total.rejected[&Rejection::CustomerRequired], 60);
    assert!(days.iter().all(|(_, day)| day.rejected[&Rejection::CustomerRequired] == 1));
}
