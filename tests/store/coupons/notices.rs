//! Thresholds and expiry notices.

use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_app::timers::fire::FireOutcome;
use couponflow_domain::coupons::coupon::{State, Status};
use couponflow_domain::events::event::Event;
use couponflow_tests::due;
use couponflow_tests::fixtures::at;
use couponflow_tests::relayed::RelayOutput;
use serde_json::{Value, json};

use crate::coupon_harness::CouponHarness;

const HOUR: i64 = 3_600_000;

fn limited(limit: i64) -> Value {
    json!({"max_redemptions": limit, "thresholds": [{"percent_used": 80}, {"remaining": 10}]})
}

/// Returns the published thresholds, each with the number of redemptions at that moment.
fn thresholds(output: &RelayOutput) -> Vec<(String, i64)> {
    let told = |event: &Event| (event.data.threshold.clone().unwrap(), event.data.coupon.times_redeemed);
    output.of("CouponThresholdReached").iter().map(told).collect()
}

#[tokio::test]
async fn thresholds_fire_when_reached_and_again_after_a_raised_limit() {
    let mut harness = CouponHarness::with(limited(20)).await;
    harness.redeem_many("ord", 20, 1).await;
    let output = harness.relay().await;
    assert_eq!(thresholds(&output), [("10 left".to_owned(), 10), ("80%".to_owned(), 16)]);
    let tenth = output.of("CouponRedeemed").into_iter().nth(9).unwrap();
    let ten_left = output.of("CouponThresholdReached").remove(0).metadata;
    assert_eq!(ten_left.causation_id.as_deref(), Some(tenth.id().as_str()));
    assert_eq!(ten_left.correlation_id, tenth.metadata.correlation_id);

    harness.edited(limited(40), 2).await;
    harness.redeem_many("more", 20, 3).await;
    assert_eq!(thresholds(&harness.relay().await), [("10 left".to_owned(), 30), ("80%".to_owned(), 32)]);
}

#[tokio::test]
async fn a_threshold_fires_once_per_epoch_even_after_a_rollback() {
    let mut harness = CouponHarness::with(limited(20)).await;
    harness.redeem_many("ord", 15, 1).await;
    let sixteenth = harness.redeem("sixteenth", 2).await.unwrap();
    let first = harness.relay().await.of("CouponThresholdReached");
    harness.roll_back(&sixteenth, 3).await;
    harness.redeem("another", 4).await.unwrap();
    assert_eq!(harness.relay().await.of("CouponThresholdReached"), []);
    assert_eq!(
        harness.relay_again().await.of("CouponThresholdReached"),
        first,
        "a repeated delivery yields the same events"
    );
}

#[tokio::test]
async fn lowering_the_limit_fires_the_thresholds_that_it_reaches() {
    let mut harness = CouponHarness::with(limited(100)).await;
    harness.redeem_many("ord", 9, 1).await;
    harness.edited(limited(11), 2).await;
    let output = harness.relay().await;
    assert_eq!(thresholds(&output), [("80%".to_owned(), 9), ("10 left".to_owned(), 9)]);
    let told = output.of("CouponThresholdReached").into_iter().map(|event| event.metadata);
    let told: Vec<_> = told.map(|metadata| (metadata.occurred_at, metadata.causation_id)).collect();
    assert_eq!(told, [(at(2), None), (at(2), None)], "an edit, and no event, caused both");
}

fn expiring(at_ms: i64, lead_times: Value) -> Value {
    json!({"expires_at": at(at_ms), "expiry_lead_times": lead_times})
}

/// Returns the announced lead times, each with the expiry in milliseconds.
fn announced(output: &RelayOutput) -> Vec<(String, i64)> {
    let told = |event: &Event| {
        let lead_time = event.data.lead_time.clone().unwrap();
        (lead_time, (event.data.coupon.expires_at.unwrap() - at(0)).num_milliseconds())
    };
    output.of("CouponExpiring").iter().map(told).collect()
}

#[tokio::test]
async fn an_expiry_is_announced_once_per_lead_time() {
    let mut harness = CouponHarness::with(expiring(48 * HOUR, json!(["PT24H", "PT1H"]))).await;
    let timers = due::timers(&harness.dynamo).await;
    assert_eq!(harness.fire_due(24 * HOUR).await, [FireOutcome::Done]);
    assert_eq!(due::fire_at(&harness.dynamo, &timers[0], at(24 * HOUR)).await, FireOutcome::Void);
    harness.fire_due(47 * HOUR).await;
    harness.fire_due(48 * HOUR).await;
    let output = harness.relay().await;
    assert_eq!(announced(&output), [("PT24H".to_owned(), 48 * HOUR), ("PT1H".to_owned(), 48 * HOUR)]);
    assert_eq!(output.of("CouponExpiring")[0].metadata.occurred_at, at(24 * HOUR));
    assert_eq!(output.of("CouponExpired").len(), 1);
    assert_eq!(due::timers(&harness.dynamo).await, []);
}

#[tokio::test]
async fn a_lead_time_longer_than_the_remaining_life_announces_nothing() {
    let mut harness = CouponHarness::with(expiring(HOUR, json!(["PT24H"]))).await;
    harness.fire_due(HOUR).await;
    assert_eq!(announced(&harness.relay().await), []);
}

#[tokio::test]
async fn a_moved_expiry_is_announced_again_only_for_the_new_instant() {
    let mut harness = CouponHarness::with(expiring(48 * HOUR, json!(["PT24H"]))).await;
    harness.fire_due(24 * HOUR).await;
    harness.edited(expiring(96 * HOUR, json!(["PT24H"])), 25 * HOUR).await;
    harness.edited(expiring(120 * HOUR, json!(["PT24H"])), 26 * HOUR).await;
    assert_eq!(
        harness.fire_due(72 * HOUR).await,
        [FireOutcome::Void, FireOutcome::Void],
        "the timers of the old expiry and of its notice have no effect"
    );
    harness.fire_due(96 * HOUR).await;
    assert_eq!(announced(&harness.relay().await), [("PT24H".to_owned(), 48 * HOUR), ("PT24H".to_owned(), 120 * HOUR)]);
}

#[tokio::test]
async fn lead_times_can_be_removed_and_added() {
    let mut harness = CouponHarness::with(expiring(48 * HOUR, json!(["PT24H"]))).await;
    harness.edited(expiring(48 * HOUR, json!(["PT2H"])), HOUR).await;
    assert_eq!(harness.fire_due(24 * HOUR).await, [FireOutcome::Void]);
    harness.fire_due(46 * HOUR).await;
    assert_eq!(announced(&harness.relay().await), [("PT2H".to_owned(), 48 * HOUR)]);
}

#[tokio::test]
async fn a_paused_coupon_announces_nothing_until_it_is_activated() {
    let mut harness = CouponHarness::with(expiring(48 * HOUR, json!(["PT24H", "PT2H"]))).await;
    assert!(harness.store.set_state(&harness.coupon().await, State::Paused, at(1)).await.unwrap());
    assert_eq!(harness.fire_due(24 * HOUR).await, [FireOutcome::Void]);
    assert!(harness.store.set_state(&harness.coupon().await, State::Active, at(25 * HOUR)).await.unwrap());
    assert_eq!(harness.fire_due(46 * HOUR).await, [FireOutcome::Done]);
    assert_eq!(harness.fire_due(48 * HOUR).await, [FireOutcome::Done]);
    assert_eq!(harness.coupon().await.status(at(48 * HOUR)), Status::Expired);
    assert_eq!(announced(&harness.relay().await), [("PT2H".to_owned(), 48 * HOUR)]);
}
