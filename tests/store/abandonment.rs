use couponflow_app::apply;
use couponflow_app::timers::FireOutcome;
use couponflow_domain::event::Event;
use couponflow_tests::due;
use couponflow_tests::given::{at, purchase_body};
use serde_json::{Value, json};

use crate::scene::Scene;

const MINUTE: i64 = 60_000;

/// A coupon whose applications are abandoned after half an hour.
async fn scene() -> Scene {
    Scene::with(json!({"abandonment_window": "PT30M"})).await
}

/// What is abandoned by then: the order and the instant.
async fn abandoned(scene: &mut Scene, minute: i64) -> Vec<(String, i64)> {
    scene.relay().await;
    scene.fire_due(minute * MINUTE).await;
    let told = |event: &Event| {
        let after = event.metadata.occurred_at - at(0);
        (event.data.order.as_ref().unwrap().id.clone(), after.num_minutes())
    };
    scene.relay().await.of("CouponApplicationAbandoned").iter().map(told).collect()
}

fn body(order: &str, customer: Value) -> Value {
    let mut body = purchase_body("FLASH20", order, "nobody@example.com");
    body["customer"] = customer;
    body
}

#[tokio::test]
async fn an_application_that_is_not_redeemed_is_abandoned_once_at_its_instant() {
    let mut scene = scene().await;
    let application = scene.apply("ord_1", 0).await.unwrap();
    scene.relay().await;
    assert_eq!(scene.fire_due(29 * MINUTE).await, []);
    let timer = due::timers(&scene.dynamo).await.remove(0);
    assert_eq!(scene.fire_due(31 * MINUTE).await, [FireOutcome::Done]);
    assert_eq!(due::fire_at(&scene.dynamo, &timer, at(32 * MINUTE)).await, FireOutcome::Void);
    let heard = scene.relay().await;
    assert_eq!(heard.kinds(), ["CouponApplicationAbandoned"]);
    let abandoned = &heard.events[0];
    assert_eq!(abandoned.metadata.occurred_at, at(30 * MINUTE));
    assert_eq!(abandoned.metadata.correlation_id.as_deref(), Some("apply-ord_1-0"));
    assert_eq!(abandoned.data.application.as_ref().unwrap().id, application.id);
    assert_eq!(due::timers(&scene.dynamo).await, []);
}

#[tokio::test]
async fn one_that_is_redeemed_in_time_is_not() {
    let mut scene = scene().await;
    scene.apply("ord_1", 0).await.unwrap();
    scene.redeem("ord_1", 29 * MINUTE).await.unwrap();
    scene.apply("ord_2", 0).await.unwrap();
    assert_eq!(abandoned(&mut scene, 31).await, [], "not the other order either: it is the same customer's");
}

#[tokio::test]
async fn a_customer_who_redeems_another_order_in_the_window_has_abandoned_none() {
    let mut scene = scene().await;
    for (order, applied_by, redeemed_by) in [
        ("by_email", json!({"email": "ana@example.com"}), json!({"email": "ANA@Example.com"})),
        ("by_id", json!({"id": "cust_1"}), json!({"id": "cust_1", "email": "bo@example.com"})),
        ("by_other", json!({"id": "cust_2"}), json!({"id": "cust_3"})),
    ] {
        scene.apply_body(&body(order, applied_by), 0).await.unwrap();
        let redeemed = body(&format!("{order}_redeemed"), redeemed_by);
        scene.shop.redeem_body(&redeemed, 10 * MINUTE).await.unwrap();
    }
    assert_eq!(abandoned(&mut scene, 31).await, [("by_other".to_owned(), 30)]);
}

#[tokio::test]
async fn a_redemption_before_the_application_does_not_count() {
    let mut scene = scene().await;
    scene.redeem("before", 0).await.unwrap();
    scene.apply("ord_1", MINUTE).await.unwrap();
    assert_eq!(abandoned(&mut scene, 32).await, [("ord_1".to_owned(), 31)]);
}

#[tokio::test]
async fn a_code_that_is_taken_off_the_order_is_not_abandoned() {
    let mut scene = scene().await;
    let application = scene.apply("ord_1", 0).await.unwrap();
    assert!(apply::remove(&scene.store, &application.id).await.unwrap());
    assert_eq!(abandoned(&mut scene, 31).await, []);
}

#[tokio::test]
async fn every_activity_on_the_order_restarts_the_window() {
    let mut scene = scene().await;
    for minute in [0, 20, 45] {
        scene.apply("same", minute * MINUTE).await.unwrap();
    }
    scene.apply("changed", 0).await.unwrap();
    let mut more = purchase_body("FLASH20", "changed", "ana@example.com");
    more["order"]["lines"][0]["quantity"] = json!(2);
    scene.apply_body(&more, 20 * MINUTE).await.unwrap();
    assert_eq!(scene.relay().await.of("CouponApplied").len(), 3, "one of each price");
    assert_eq!(abandoned(&mut scene, 49).await, []);
    assert_eq!(abandoned(&mut scene, 51).await, [("changed".to_owned(), 50)]);
    assert_eq!(abandoned(&mut scene, 74).await, []);
    assert_eq!(abandoned(&mut scene, 76).await, [("same".to_owned(), 75)]);
    assert_eq!(due::timers(&scene.dynamo).await, []);
}

#[tokio::test]
async fn a_cart_that_is_priced_again_and_again_has_one_timer() {
    let mut scene = scene().await;
    for second in 0..100 {
        scene.apply("ord_1", second * 1000).await.unwrap();
    }
    scene.relay().await;
    assert_eq!(due::timers(&scene.dynamo).await.len(), 1);
    scene.fire_due(30 * MINUTE).await;
    scene.relay().await;
    assert_eq!(due::timers(&scene.dynamo).await.len(), 1, "it was set again");
    scene.fire_due(32 * MINUTE).await;
    let heard = scene.relay().await.of("CouponApplicationAbandoned");
    assert_eq!(heard.iter().map(|event| event.metadata.occurred_at).collect::<Vec<_>>(), [at(30 * MINUTE + 99_000)]);
}

#[tokio::test]
async fn holding_again_restarts_the_window_too() {
    let mut scene = Scene::with(json!({"abandonment_window": "PT30M", "max_redemptions": 5})).await;
    let mut held = body("held", json!({"email": "ana@example.com"}));
    held["hold"] = json!({"ttl_seconds": 60});
    for minute in [0, 20] {
        scene.apply_body(&held, minute * MINUTE).await.unwrap();
    }
    assert_eq!(abandoned(&mut scene, 49).await, []);
    assert_eq!(abandoned(&mut scene, 51).await, [("held".to_owned(), 50)]);
}

#[tokio::test]
async fn a_redemption_before_the_last_activity_does_not_count() {
    let mut scene = scene().await;
    scene.apply("cart", 0).await.unwrap();
    scene.redeem("other", 10 * MINUTE).await.unwrap();
    scene.apply("cart", 20 * MINUTE).await.unwrap();
    assert_eq!(abandoned(&mut scene, 49).await, []);
    assert_eq!(abandoned(&mut scene, 51).await, [("cart".to_owned(), 50)]);
}

#[tokio::test]
async fn an_activity_after_the_timer_found_nothing_to_do_begins_a_window_of_its_own() {
    let mut scene = scene().await;
    scene.apply("cart", 0).await.unwrap();
    scene.redeem("other", 10 * MINUTE).await.unwrap();
    assert_eq!(abandoned(&mut scene, 31).await, []);
    scene.apply("cart", 40 * MINUTE).await.unwrap();
    assert_eq!(abandoned(&mut scene, 71).await, [("cart".to_owned(), 70)]);
}

#[tokio::test]
async fn a_shorter_window_counts_from_the_next_activity() {
    let mut scene = scene().await;
    scene.apply("cart", 0).await.unwrap();
    scene.edited(json!({"abandonment_window": "PT5M"}), MINUTE).await;
    scene.apply("cart", 2 * MINUTE).await.unwrap();
    assert_eq!(abandoned(&mut scene, 8).await, [("cart".to_owned(), 7)]);
    assert_eq!(abandoned(&mut scene, 60).await, []);
}

#[tokio::test]
async fn what_was_abandoned_once_is_not_abandoned_again_at_another_price() {
    let mut scene = scene().await;
    scene.apply("ord_1", 0).await.unwrap();
    assert_eq!(abandoned(&mut scene, 31).await, [("ord_1".to_owned(), 30)]);
    let mut more = purchase_body("FLASH20", "ord_1", "ana@example.com");
    more["order"]["lines"][0]["quantity"] = json!(2);
    scene.apply_body(&more, 40 * MINUTE).await.unwrap();
    assert_eq!(abandoned(&mut scene, 90).await, []);
}

#[tokio::test]
async fn an_anonymous_cart_is_abandoned_and_so_is_one_whose_hold_ran_out() {
    let mut scene = Scene::with(json!({"abandonment_window": "PT30M", "max_redemptions": 5})).await;
    scene.apply_body(&body("anonymous", Value::Null), 0).await.unwrap();
    let mut held = body("held", json!({"email": "ana@example.com"}));
    held["hold"] = json!({"ttl_seconds": 600});
    scene.apply_body(&held, MINUTE).await.unwrap();
    scene.relay().await;
    scene.fire_due(11 * MINUTE).await;
    assert_eq!(scene.relay().await.kinds(), ["CouponHoldExpired"]);
    let expected = [("anonymous".to_owned(), 30), ("held".to_owned(), 31)];
    assert_eq!(abandoned(&mut scene, 32).await, expected);
    assert_eq!(scene.coupon().await.held, 0);
}

#[tokio::test]
async fn a_window_that_was_taken_out_abandons_no_later_price_or_activity() {
    let mut scene = scene().await;
    scene.apply("ord_1", 0).await.unwrap();
    scene.apply("same", 0).await.unwrap();
    scene.edited(json!({}), MINUTE).await;
    scene.apply("same", 2 * MINUTE).await.unwrap();
    let mut more = purchase_body("FLASH20", "ord_1", "ana@example.com");
    more["order"]["lines"][0]["quantity"] = json!(2);
    scene.apply_body(&more, 2 * MINUTE).await.unwrap();
    assert_eq!(abandoned(&mut scene, 90).await, []);
}
