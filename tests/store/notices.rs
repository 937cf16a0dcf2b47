//! Thresholds and expiry notices.

use couponflow_app::ports::WriteCoupons as _;
use couponflow_app::timers::FireOutcome;
use couponflow_domain::coupon::{State, Status};
use couponflow_domain::event::Event;
use couponflow_tests::due;
use couponflow_tests::given::at;
use couponflow_tests::relayed::Heard;
use serde_json::{Value, json};

use crate::scene::Scene;

const HOUR: i64 = 3_600_000;

fn limited(limit: i64) -> Value {
    json!({"max_redemptions": limit, "thresholds": [{"percent_used": 80}, {"remaining": 10}]})
}

/// The thresholds that fired, with the number of redemptions at that moment.
fn thresholds(heard: &Heard) -> Vec<(String, i64)> {
    let told = |event: &Event| (event.data.threshold.clone().unwrap(), event.data.coupon.times_redeemed);
    heard.of("CouponThresholdReached").iter().map(told).collect()
}

#[tokio::test]
async fn thresholds_fire_when_reached_and_again_after_a_raised_limit() {
    let mut scene = Scene::with(limited(20)).await;
    scene.redeem_many("ord", 20, 1).await;
    let heard = scene.relay().await;
    assert_eq!(thresholds(&heard), [("10 left".to_owned(), 10), ("80%".to_owned(), 16)]);
    let tenth = heard.of("CouponRedeemed").into_iter().nth(9).unwrap();
    let ten_left = heard.of("CouponThresholdReached").remove(0).metadata;
    assert_eq!(ten_left.causation_id.as_deref(), Some(tenth.id().as_str()));
    assert_eq!(ten_left.correlation_id, tenth.metadata.correlation_id);

    scene.edited(limited(40), 2).await;
    scene.redeem_many("more", 20, 3).await;
    assert_eq!(thresholds(&scene.relay().await), [("10 left".to_owned(), 30), ("80%".to_owned(), 32)]);
}

#[tokio::test]
async fn a_threshold_fires_once_per_epoch_even_after_a_rollback() {
    let mut scene = Scene::with(limited(20)).await;
    scene.redeem_many("ord", 15, 1).await;
    let sixteenth = scene.redeem("sixteenth", 2).await.unwrap();
    let first = scene.relay().await.of("CouponThresholdReached");
    scene.roll_back(&sixteenth, 3).await;
    scene.redeem("another", 4).await.unwrap();
    assert_eq!(scene.relay().await.of("CouponThresholdReached"), []);
    assert_eq!(
        scene.relay_again().await.of("CouponThresholdReached"),
        first,
        "a repeated delivery yields the same events"
    );
}

#[tokio::test]
async fn lowering_the_limit_fires_the_thresholds_that_it_reaches() {
    let mut scene = Scene::with(limited(100)).await;
    scene.redeem_many("ord", 9, 1).await;
    scene.edited(limited(11), 2).await;
    let heard = scene.relay().await;
    assert_eq!(thresholds(&heard), [("80%".to_owned(), 9), ("10 left".to_owned(), 9)]);
    let told = heard.of("CouponThresholdReached").into_iter().map(|event| event.metadata);
    let told: Vec<_> = told.map(|metadata| (metadata.occurred_at, metadata.causation_id)).collect();
    assert_eq!(told, [(at(2), None), (at(2), None)], "both are caused by the edit, not by each other");
}

fn expiring(at_ms: i64, lead_times: Value) -> Value {
    json!({"expires_at": at(at_ms), "expiry_lead_times": lead_times})
}

/// The announced lead times, with the expiry in milliseconds.
fn announced(heard: &Heard) -> Vec<(String, i64)> {
    let told = |event: &Event| {
        let lead_time = event.data.lead_time.clone().unwrap();
        (lead_time, (event.data.coupon.expires_at.unwrap() - at(0)).num_milliseconds())
    };
    heard.of("CouponExpiring").iter().map(told).collect()
}

#[tokio::test]
async fn an_expiry_is_announced_once_per_lead_time() {
    let mut scene = Scene::with(expiring(48 * HOUR, json!(["PT24H", "PT1H"]))).await;
    let timers = due::timers(&scene.dynamo).await;
    assert_eq!(scene.fire_due(24 * HOUR).await, [FireOutcome::Done]);
    assert_eq!(due::fire_at(&scene.dynamo, &timers[0], at(24 * HOUR)).await, FireOutcome::Void);
    scene.fire_due(47 * HOUR).await;
    scene.fire_due(48 * HOUR).await;
    let heard = scene.relay().await;
    assert_eq!(announced(&heard), [("PT24H".to_owned(), 48 * HOUR), ("PT1H".to_owned(), 48 * HOUR)]);
    assert_eq!(heard.of("CouponExpiring")[0].metadata.occurred_at, at(24 * HOUR));
    assert_eq!(heard.of("CouponExpired").len(), 1);
    assert_eq!(due::timers(&scene.dynamo).await, []);
}

#[tokio::test]
async fn a_lead_time_longer_than_the_remaining_life_announces_nothing() {
    let mut scene = Scene::with(expiring(HOUR, json!(["PT24H"]))).await;
    scene.fire_due(HOUR).await;
    assert_eq!(announced(&scene.relay().await), []);
}

#[tokio::test]
async fn a_moved_expiry_is_announced_again_only_for_the_new_instant() {
    let mut scene = Scene::with(expiring(48 * HOUR, json!(["PT24H"]))).await;
    scene.fire_due(24 * HOUR).await;
    scene.edited(expiring(96 * HOUR, json!(["PT24H"])), 25 * HOUR).await;
    scene.edited(expiring(120 * HOUR, json!(["PT24H"])), 26 * HOUR).await;
    assert_eq!(
        scene.fire_due(72 * HOUR).await,
        [FireOutcome::Void, FireOutcome::Void],
        "the expiry and the notice of the old instants are void"
    );
    scene.fire_due(96 * HOUR).await;
    assert_eq!(announced(&scene.relay().await), [("PT24H".to_owned(), 48 * HOUR), ("PT24H".to_owned(), 120 * HOUR)]);
}

#[tokio::test]
async fn lead_times_can_be_removed_and_added() {
    let mut scene = Scene::with(expiring(48 * HOUR, json!(["PT24H"]))).await;
    scene.edited(expiring(48 * HOUR, json!(["PT2H"])), HOUR).await;
    assert_eq!(scene.fire_due(24 * HOUR).await, [FireOutcome::Void]);
    scene.fire_due(46 * HOUR).await;
    assert_eq!(announced(&scene.relay().await), [("PT2H".to_owned(), 48 * HOUR)]);
}

#[tokio::test]
async fn a_paused_coupon_announces_nothing_until_it_is_activated() {
    let mut scene = Scene::with(expiring(48 * HOUR, json!(["PT24H", "PT2H"]))).await;
    assert!(scene.store.set_state(&scene.coupon().await, State::Paused, at(1)).await.unwrap());
    assert_eq!(scene.fire_due(24 * HOUR).await, [FireOutcome::Void]);
    assert!(scene.store.set_state(&scene.coupon().await, State::Active, at(25 * HOUR)).await.unwrap());
    assert_eq!(scene.fire_due(46 * HOUR).await, [FireOutcome::Done]);
    assert_eq!(scene.fire_due(48 * HOUR).await, [FireOutcome::Done]);
    assert_eq!(scene.coupon().await.status(at(48 * HOUR)), Status::Expired);
    assert_eq!(announced(&scene.relay().await), [("PT2H".to_owned(), 48 * HOUR)]);
}
