//! Abandoned applications: the instant of an abandonment, and the conditions that prevent it.

use couponflow_app::timers::fire::FireOutcome;
use couponflow_domain::events::event::Event;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_tests::due;
use couponflow_tests::fixtures::remove;
use couponflow_tests::fixtures::{at, purchase_body};
use serde_json::{Value, json};

use crate::coupon_harness::CouponHarness;

const MINUTE: i64 = 60_000;

/// A coupon whose applications are abandoned after 30 minutes.
async fn harness() -> CouponHarness {
    CouponHarness::with(json!({"abandonment_window": "PT30M"})).await
}

/// Fires the timers that are due by `minute`. Returns the abandoned orders, each with the minute of
/// its abandonment.
async fn abandoned(harness: &mut CouponHarness, minute: i64) -> Vec<(String, i64)> {
    harness.relay().await;
    harness.fire_due(minute * MINUTE).await;
    let told = |event: &Event| {
        let after = event.metadata.occurred_at - at(0);
        (event.data.order.as_ref().unwrap().id.clone(), after.num_minutes())
    };
    harness.relay().await.of("CouponApplicationAbandoned").iter().map(told).collect()
}

fn body(order: &str, customer: Value) -> Value {
    let mut body = purchase_body("FLASH20", order, "nobody@example.com");
    body["customer"] = customer;
    body
}

#[tokio::test]
async fn an_unredeemed_application_is_abandoned_once_at_its_due_instant() {
    let mut harness = harness().await;
    let application = harness.apply("ord_1", 0).await.unwrap();
    harness.relay().await;
    assert_eq!(harness.fire_due(29 * MINUTE).await, []);
    let timer = due::timers(&harness.dynamo).await.remove(0);
    assert_eq!(harness.fire_due(31 * MINUTE).await, [FireOutcome::Done]);
    assert_eq!(due::fire_at(&harness.dynamo, &timer, at(32 * MINUTE)).await, FireOutcome::Void);
    let output = harness.relay().await;
    assert_eq!(output.kinds(), ["CouponApplicationAbandoned"]);
    let abandoned = &output.events[0];
    assert_eq!(abandoned.metadata.occurred_at, at(30 * MINUTE));
    assert_eq!(abandoned.metadata.correlation_id, Some(CorrelationId::new("apply-ord_1-0")));
    assert_eq!(abandoned.data.application.as_ref().unwrap().id, application.id);
    assert_eq!(due::timers(&harness.dynamo).await, []);
}

#[tokio::test]
async fn a_redemption_within_the_window_prevents_abandonment() {
    let mut harness = harness().await;
    harness.apply("ord_1", 0).await.unwrap();
    harness.redeem("ord_1", 29 * MINUTE).await.unwrap();
    harness.apply("ord_2", 0).await.unwrap();
    assert_eq!(abandoned(&mut harness, 31).await, [], "another order of the same customer is not abandoned either");
}

#[tokio::test]
async fn another_order_of_the_customer_within_the_window_prevents_abandonment() {
    let mut harness = harness().await;
    for (order, applied_by, redeemed_by) in [
        ("by_email", json!({"email": "ana@example.com"}), json!({"email": "ANA@Example.com"})),
        ("by_id", json!({"id": "cust_1"}), json!({"id": "cust_1", "email": "bo@example.com"})),
        ("by_other", json!({"id": "cust_2"}), json!({"id": "cust_3"})),
    ] {
        harness.apply_body(&body(order, applied_by), 0).await.unwrap();
        let redeemed = body(&format!("{order}_redeemed"), redeemed_by);
        harness.shop.redeem_body(&redeemed, 10 * MINUTE).await.unwrap();
    }
    assert_eq!(abandoned(&mut harness, 31).await, [("by_other".to_owned(), 30)]);
}

#[tokio::test]
async fn a_redemption_before_the_application_does_not_prevent_abandonment() {
    let mut harness = harness().await;
    harness.redeem("before", 0).await.unwrap();
    harness.apply("ord_1", MINUTE).await.unwrap();
    assert_eq!(abandoned(&mut harness, 32).await, [("ord_1".to_owned(), 31)]);
}

#[tokio::test]
async fn a_removed_application_is_not_abandoned() {
    let mut harness = harness().await;
    let application = harness.apply("ord_1", 0).await.unwrap();
    assert!(remove(&harness.store, &application.id).await.unwrap());
    assert_eq!(abandoned(&mut harness, 31).await, []);
}

#[tokio::test]
async fn every_activity_on_the_order_restarts_the_window() {
    let mut harness = harness().await;
    for minute in [0, 20, 45] {
        harness.apply("same", minute * MINUTE).await.unwrap();
    }
    harness.apply("changed", 0).await.unwrap();
    let mut more = purchase_body("FLASH20", "changed", "ana@example.com");
    more["order"]["lines"][0]["quantity"] = json!(2);
    harness.apply_body(&more, 20 * MINUTE).await.unwrap();
    assert_eq!(harness.relay().await.of("CouponApplied").len(), 3, "one event per price");
    assert_eq!(abandoned(&mut harness, 49).await, []);
    assert_eq!(abandoned(&mut harness, 51).await, [("changed".to_owned(), 50)]);
    assert_eq!(abandoned(&mut harness, 74).await, []);
    assert_eq!(abandoned(&mut harness, 76).await, [("same".to_owned(), 75)]);
    assert_eq!(due::timers(&harness.dynamo).await, []);
}

#[tokio::test]
async fn repeated_applications_of_one_order_keep_a_single_timer() {
    let mut harness = harness().await;
    for second in 0..100 {
        harness.apply("ord_1", second * 1000).await.unwrap();
    }
    harness.relay().await;
    assert_eq!(due::timers(&harness.dynamo).await.len(), 1);
    harness.fire_due(30 * MINUTE).await;
    harness.relay().await;
    assert_eq!(due::timers(&harness.dynamo).await.len(), 1, "the timer was set again for the new due instant");
    harness.fire_due(32 * MINUTE).await;
    let output = harness.relay().await.of("CouponApplicationAbandoned");
    assert_eq!(output.iter().map(|event| event.metadata.occurred_at).collect::<Vec<_>>(), [at(30 * MINUTE + 99_000)]);
}

#[tokio::test]
async fn prolonging_a_hold_restarts_the_window() {
    let mut harness = CouponHarness::with(json!({"abandonment_window": "PT30M", "max_redemptions": 5})).await;
    let mut held = body("held", json!({"email": "ana@example.com"}));
    held["hold"] = json!({"ttl_seconds": 60});
    for minute in [0, 20] {
        harness.apply_body(&held, minute * MINUTE).await.unwrap();
    }
    assert_eq!(abandoned(&mut harness, 49).await, []);
    assert_eq!(abandoned(&mut harness, 51).await, [("held".to_owned(), 50)]);
}

#[tokio::test]
async fn a_redemption_before_the_last_activity_does_not_prevent_abandonment() {
    let mut harness = harness().await;
    harness.apply("cart", 0).await.unwrap();
    harness.redeem("other", 10 * MINUTE).await.unwrap();
    harness.apply("cart", 20 * MINUTE).await.unwrap();
    assert_eq!(abandoned(&mut harness, 49).await, []);
    assert_eq!(abandoned(&mut harness, 51).await, [("cart".to_owned(), 50)]);
}

#[tokio::test]
async fn activity_after_a_void_timer_starts_a_new_window() {
    let mut harness = harness().await;
    harness.apply("cart", 0).await.unwrap();
    harness.redeem("other", 10 * MINUTE).await.unwrap();
    assert_eq!(abandoned(&mut harness, 31).await, []);
    harness.apply("cart", 40 * MINUTE).await.unwrap();
    assert_eq!(abandoned(&mut harness, 71).await, [("cart".to_owned(), 70)]);
}

#[tokio::test]
async fn a_shorter_window_applies_from_the_next_activity() {
    let mut harness = harness().await;
    harness.apply("cart", 0).await.unwrap();
    harness.edited(json!({"abandonment_window": "PT5M"}), MINUTE).await;
    harness.apply("cart", 2 * MINUTE).await.unwrap();
    assert_eq!(abandoned(&mut harness, 8).await, [("cart".to_owned(), 7)]);
    assert_eq!(abandoned(&mut harness, 60).await, []);
}

#[tokio::test]
async fn an_application_is_abandoned_once_even_if_its_price_changes() {
    let mut harness = harness().await;
    harness.apply("ord_1", 0).await.unwrap();
    assert_eq!(abandoned(&mut harness, 31).await, [("ord_1".to_owned(), 30)]);
    let mut more = purchase_body("FLASH20", "ord_1", "ana@example.com");
    more["order"]["lines"][0]["quantity"] = json!(2);
    harness.apply_body(&more, 40 * MINUTE).await.unwrap();
    assert_eq!(abandoned(&mut harness, 90).await, []);
}

#[tokio::test]
async fn anonymous_applications_and_expired_holds_are_abandoned() {
    let mut harness = CouponHarness::with(json!({"abandonment_window": "PT30M", "max_redemptions": 5})).await;
    harness.apply_body(&body("anonymous", Value::Null), 0).await.unwrap();
    let mut held = body("held", json!({"email": "ana@example.com"}));
    held["hold"] = json!({"ttl_seconds": 600});
    harness.apply_body(&held, MINUTE).await.unwrap();
    harness.relay().await;
    harness.fire_due(11 * MINUTE).await;
    assert_eq!(harness.relay().await.kinds(), ["CouponHoldExpired"]);
    let expected = [("anonymous".to_owned(), 30), ("held".to_owned(), 31)];
    assert_eq!(abandoned(&mut harness, 32).await, expected);
    assert_eq!(harness.coupon().await.held, 0);
}

#[tokio::test]
async fn an_application_is_not_abandoned_if_the_window_was_removed_before_its_last_activity() {
    let mut harness = harness().await;
    harness.apply("ord_1", 0).await.unwrap();
    harness.apply("same", 0).await.unwrap();
    harness.edited(json!({}), MINUTE).await;
    harness.apply("same", 2 * MINUTE).await.unwrap();
    let mut more = purchase_body("FLASH20", "ord_1", "ana@example.com");
    more["order"]["lines"][0]["quantity"] = json!(2);
    harness.apply_body(&more, 2 * MINUTE).await.unwrap();
    assert_eq!(abandoned(&mut harness, 90).await, []);
}
