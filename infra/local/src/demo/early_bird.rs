//! Scenario EARLYBIRD25: the coupon expires during the demonstration, and a redemption after the
//! expiry is rejected.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::sleep;

use super::set_up::{Fixtures, order, purchase_body};
use super::{Context, Mismatch, wait};

pub(super) async fn run_scenario(context: &mut Context<'_>, fixtures: &Fixtures) -> Result<(), Mismatch> {
    let expiry = fixtures.early_bird_expires_at;
    context.printer.heading(&format!("EARLYBIRD25 expires at {}", expiry.format("%H:%M:%S UTC")));
    let left = until(expiry);
    if !left.is_zero() {
        context.printer.line(&format!("waiting {} s …", left.as_secs()));
        sleep(left).await;
    }

    let body = purchase_body("EARLYBIRD25", "cleo@example.com", "Cleo", &order("demo_early", 6_000));
    let answer = context.server.try_post("/v1/redeem", &body).await?;
    if answer.code() != "coupon_expired" {
        return Err(Mismatch { expected: "coupon_expired".into(), actual: format!("{}", answer.body) });
    }
    context.printer.line("a redemption after the expiry is rejected with coupon_expired");

    let events = format!("/v1/events?coupon_id={}&type=CouponExpired", fixtures.early_bird);
    wait::until("a CouponExpired event", Duration::from_secs(90), async || {
        Ok((!context.operator.list(&events).await?.is_empty()).then_some(()))
    })
    .await?;
    let late = Utc::now() - expiry;
    context.printer.detail(&format!("→ CouponExpired, received {:.1} s after the expiry", seconds(late)));
    Ok(())
}

fn until(instant: DateTime<Utc>) -> Duration {
    (instant - Utc::now()).to_std().unwrap_or_default()
}

fn seconds(span: TimeDelta) -> f64 {
    span.to_std().unwrap_or_default().as_secs_f64()
}
