//! Batches of the relay with events of many days.

use couponflow_domain::purchases::rejection::Rejection;
use serde_json::json;

use crate::coupon_harness::CouponHarness;

const DAY: i64 = 86_400_000;

#[tokio::test]
async fn a_batch_with_events_of_60_days_is_logged_and_counted() {
    let mut harness = CouponHarness::with(json!({"max_redemptions_per_customer": 1})).await;
    let mut anonymous = couponflow_tests::fixtures::purchase_body("FLASH20", "ord_1", "ana@example.com");
    anonymous.as_object_mut().unwrap().remove("customer");
    for day in 0..60 {
        assert_eq!(harness.apply_body(&anonymous, day * DAY).await, Err(Rejection::CustomerRequired));
    }
    assert_eq!(harness.relay().await.of("CouponRejected").len(), 60);
    let (total, days) = harness.statistics().await;
    assert_eq!(total.rejected[&Rejection::CustomerRequired], 60);
    let rejected: Vec<i64> = days.iter().map(|(_, day)| day.rejected[&Rejection::CustomerRequired]).collect();
    assert_eq!(rejected, [1, 1, 1], "the harness reads the first three days");
}
