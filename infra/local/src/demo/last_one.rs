//! Scenario LAST1: a single redemption is held, released, redeemed and rolled back.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;

use super::codes::expect;
use super::set_up::{Scene, attempt, order};
use super::{Stage, Surprise, wait};

pub(super) async fn play(stage: &mut Stage<'_>, scene: &Scene) -> Result<(), Surprise> {
    stage.story.chapter("LAST1 has one redemption left, and a checkout holds it for five seconds");
    let mut holding = attempt("LAST1", "eve@example.com", "Eve", &order("demo_last_1", 5_000));
    holding["hold"] = json!({"ttl_seconds": 5});
    stage.server.post("/v1/apply", &holding, StatusCode::OK).await?;
    let finn = attempt("LAST1", "finn@example.com", "Finn", &order("demo_last_2", 5_000));
    let refused = stage.server.try_post("/v1/redeem", &finn).await?;
    expect("limit_reached with hold_may_free_up", refused.body["hold_may_free_up"] == true, &refused.body)?;
    stage.story.line("Eve's checkout holds it; Finn is rejected with limit_reached, but the redemption may free up");

    let events = |kind: &str| format!("/v1/events?coupon_id={}&type={kind}", scene.last_one);
    seen(stage, &events("CouponHoldExpired"), 1).await?;
    stage.story.detail("→ CouponHoldExpired: Eve did not pay, so the redemption is available again");
    let redemption = stage.server.post("/v1/redeem", &finn, StatusCode::CREATED).await?;
    seen(stage, &events("CouponLimitReached"), 1).await?;
    stage.story.line("Finn redeems LAST1");
    stage.story.detail("→ CouponLimitReached");

    let path = format!("/v1/redemptions/{}/rollback", redemption["id"].as_str().unwrap_or_default());
    let refund = json!({"reason": "refunded"});
    let given_back = stage.server.post(&path, &refund, StatusCode::OK).await?;
    expect("the redemption to be rolled back", given_back["status"] == "rolled_back", &given_back)?;
    stage.server.post(&path, &refund, StatusCode::OK).await?;
    seen(stage, &events("CouponRedemptionRolledBack"), 1).await?;
    let coupon = stage.operator.get(&format!("/v1/coupons/{}", scene.last_one)).await?;
    expect(
        "the coupon to be active without redemptions",
        coupon["status"] == "active" && coupon["times_redeemed"] == 0,
        &coupon,
    )?;
    stage.story.line("Finn's refund is reported twice; the redemption is rolled back once");
    stage.story.detail("→ CouponRedemptionRolledBack; LAST1 is active again");
    Ok(())
}

/// Waits until the list at `path` has the expected number of events, and checks that it has no more.
async fn seen(stage: &Stage<'_>, path: &str, expected: usize) -> Result<(), Surprise> {
    let events = wait::until(path, Duration::from_secs(30), async || {
        let events = stage.operator.list(path).await?;
        Ok((events.len() >= expected).then_some(events))
    })
    .await?;
    expect(&format!("{expected} events from {path}"), events.len() == expected, &json!(events))
}
