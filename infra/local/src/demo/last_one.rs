//! LAST1: one redemption, which is held, let go, used, and given back.

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
    expect("limit_reached, for now", refused.body["hold_may_free_up"] == true, &refused.body)?;
    stage.story.line("Eve's checkout holds it; Finn is refused: limit_reached, but it may free up");

    let events = |kind: &str| format!("/v1/events?coupon_id={}&type={kind}", scene.last_one);
    seen(stage, &events("CouponHoldExpired"), 1).await?;
    stage.story.detail("→ CouponHoldExpired: Eve left, and nothing is blocked");
    let redemption = stage.server.post("/v1/redeem", &finn, StatusCode::CREATED).await?;
    seen(stage, &events("CouponLimitReached"), 1).await?;
    stage.story.line("Finn redeems it");
    stage.story.detail("→ CouponLimitReached");

    let path = format!("/v1/redemptions/{}/rollback", redemption["id"].as_str().unwrap_or_default());
    let refund = json!({"reason": "refunded"});
    let given_back = stage.server.post(&path, &refund, StatusCode::OK).await?;
    expect("a redemption given back", given_back["status"] == "rolled_back", &given_back)?;
    stage.server.post(&path, &refund, StatusCode::OK).await?;
    seen(stage, &events("CouponRedemptionRolledBack"), 1).await?;
    let coupon = stage.operator.get(&format!("/v1/coupons/{}", scene.last_one)).await?;
    expect("an active coupon", coupon["status"] == "active" && coupon["times_redeemed"] == 0, &coupon)?;
    stage.story.line("Finn's order is refunded, and reported twice: the redemption is given back once");
    stage.story.detail("→ CouponRedemptionRolledBack, and LAST1 is active again");
    Ok(())
}

/// Waits until there are as many events as are expected, and no more.
async fn seen(stage: &Stage<'_>, path: &str, expected: usize) -> Result<(), Surprise> {
    let events = wait::until(path, Duration::from_secs(30), async || {
        let events = stage.operator.list(path).await?;
        Ok((events.len() >= expected).then_some(events))
    })
    .await?;
    expect(&format!("{expected} of {path}"), events.len() == expected, &json!(events))
}
