//! Scenario FLASH20: the code is applied twice and never redeemed.

use std::time::Duration;

use reqwest::StatusCode;
use tokio::time::sleep;

use super::set_up::{Scene, attempt, order};
use super::{Stage, Surprise, tell, wait};

pub(super) async fn play(stage: &mut Stage<'_>, scene: &Scene) -> Result<(), Surprise> {
    stage.story.chapter("FLASH20 is applied at a checkout that is never completed");
    let body = attempt("flash20", "ana@example.com", "Ana", &order("demo_flash", 10_000));
    let application = stage.storefront.post("/v1/apply", &body, StatusCode::OK).await?;
    stage.story.line(&format!(
        "the storefront applies “flash20” to an order of {}: {} off, {} to pay",
        tell::money(&application["order_value"]),
        tell::money(&application["discount"]),
        tell::money(&application["total"]),
    ));
    let events = format!("/v1/events?coupon_id={}", scene.flash20);
    wait::until("a CouponApplied event", Duration::from_secs(15), async || {
        Ok((!stage.operator.list(&events).await?.is_empty()).then_some(()))
    })
    .await?;
    stage.story.detail("→ CouponApplied");

    stage.storefront.post("/v1/apply", &body, StatusCode::OK).await?;
    sleep(Duration::from_secs(2)).await;
    let fired = tell::kinds_of(&stage.operator.list(&events).await?);
    if fired != ["CouponApplied"] {
        return Err(Surprise { expected: "exactly one event, CouponApplied".into(), came: format!("{fired:?}") });
    }
    stage.story.line("the storefront applies the code to the same order again: nothing changed, so no further event");
    Ok(())
}
