//! Scenario LAST1: the only redemption of a coupon is held, released, redeemed and rolled back.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;

use super::codes::expect;
use super::set_up::{Fixtures, order, purchase_body};
use super::{Context, Mismatch, wait};

pub(super) async fn run_scenario(context: &mut Context<'_>, fixtures: &Fixtures) -> Result<(), Mismatch> {
    context.printer.heading("LAST1 has one redemption left, and a checkout holds it for five seconds");
    let mut holding = purchase_body("LAST1", "eve@example.com", "Eve", &order("demo_last_1", 5_000));
    holding["hold"] = json!({"ttl_seconds": 5});
    context.server.post("/v1/apply", &holding, StatusCode::OK).await?;
    let finn = purchase_body("LAST1", "finn@example.com", "Finn", &order("demo_last_2", 5_000));
    let rejected = context.server.try_post("/v1/redeem", &finn).await?;
    expect("limit_reached with hold_may_free_up", rejected.body["hold_may_free_up"] == true, &rejected.body)?;
    context
        .printer
        .line("Eve's checkout holds the redemption; Finn is rejected with limit_reached, but may try again later");

    let events = |kind: &str| format!("/v1/events?coupon_id={}&type={kind}", fixtures.last_one);
    expect_event_count(context, &events("CouponHoldExpired"), 1).await?;
    context.printer.detail("→ CouponHoldExpired: Eve did not pay, so the redemption is available again");
    let redemption = context.server.post("/v1/redeem", &finn, StatusCode::CREATED).await?;
    expect_event_count(context, &events("CouponLimitReached"), 1).await?;
    context.printer.line("Finn redeems LAST1");
    context.printer.detail("→ CouponLimitReached");

    let path = format!("/v1/redemptions/{}/rollback", redemption["id"].as_str().unwrap_or_default());
    let refund = json!({"reason": "refunded"});
    let rolled_back = context.server.post(&path, &refund, StatusCode::OK).await?;
    expect("the redemption to be rolled back", rolled_back["status"] == "rolled_back", &rolled_back)?;
    context.server.post(&path, &refund, StatusCode::OK).await?;
    expect_event_count(context, &events("CouponRedemptionRolledBack"), 1).await?;
    let coupon = context.operator.get(&format!("/v1/coupons/{}", fixtures.last_one)).await?;
    expect(
        "the coupon to be active without redemptions",
        coupon["status"] == "active" && coupon["times_redeemed"] == 0,
        &coupon,
    )?;
    context.printer.line("Finn's refund is reported twice; the redemption is rolled back once");
    context.printer.detail("→ CouponRedemptionRolledBack; LAST1 is active again");
    Ok(())
}

/// Waits until the list at `path` has at least `expected` events. Returns an error if the list has
/// more events.
async fn expect_event_count(context: &Context<'_>, path: &str, expected: usize) -> Result<(), Mismatch> {
    let events = wait::until(path, Duration::from_secs(30), async || {
        let events = context.operator.list(path).await?;
        Ok((events.len() >= expected).then_some(events))
    })
    .await?;
    expect(&format!("{expected} events from {path}"), events.len() == expected, &json!(events))
}
