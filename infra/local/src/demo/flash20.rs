//! Scenario FLASH20: the code is applied twice and never redeemed.

use std::time::Duration;

use reqwest::StatusCode;
use tokio::time::sleep;

use super::set_up::{Fixtures, order, purchase_body};
use super::{Context, Mismatch, printer, wait};

pub(super) async fn run_scenario(context: &mut Context<'_>, fixtures: &Fixtures) -> Result<(), Mismatch> {
    context.printer.heading("FLASH20 is applied at a checkout that is never completed");
    let body = purchase_body("flash20", "ana@example.com", "Ana", &order("demo_flash", 10_000));
    let application = context.storefront.post("/v1/apply", &body, StatusCode::OK).await?;
    context.printer.line(&format!(
        "the storefront applies “flash20” to an order of {}: {} off, {} to pay",
        printer::money(&application["order_value"]),
        printer::money(&application["discount"]),
        printer::money(&application["total"]),
    ));
    let events = format!("/v1/events?coupon_id={}", fixtures.flash20);
    wait::until("a CouponApplied event", Duration::from_secs(15), async || {
        Ok((!context.operator.list(&events).await?.is_empty()).then_some(()))
    })
    .await?;
    context.printer.detail("→ CouponApplied");

    context.storefront.post("/v1/apply", &body, StatusCode::OK).await?;
    sleep(Duration::from_secs(2)).await;
    let fired = printer::event_types(&context.operator.list(&events).await?);
    if fired != ["CouponApplied"] {
        return Err(Mismatch { expected: "exactly one event, CouponApplied".into(), actual: format!("{fired:?}") });
    }
    context
        .printer
        .line("the storefront applies the code to the same order again: nothing changed, so no further event");
    Ok(())
}
