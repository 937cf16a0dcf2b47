//! Scenario EARLYBIRD25: the coupon expires while the demonstration runs.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::sleep;

use super::set_up::{Scene, attempt, order};
use super::{Stage, Surprise, wait};

pub(super) async fn play(stage: &mut Stage<'_>, scene: &Scene) -> Result<(), Surprise> {
    let expiry = scene.early_bird_expires_at;
    stage.story.chapter(&format!("EARLYBIRD25 expires at {}", expiry.format("%H:%M:%S UTC")));
    let left = until(expiry);
    if !left.is_zero() {
        stage.story.line(&format!("waiting {} s …", left.as_secs()));
        sleep(left).await;
    }

    let body = attempt("EARLYBIRD25", "cleo@example.com", "Cleo", &order("demo_early", 6_000));
    let answer = stage.server.try_post("/v1/redeem", &body).await?;
    if answer.code() != "coupon_expired" {
        return Err(Surprise { expected: "coupon_expired".into(), came: format!("{}", answer.body) });
    }
    stage.story.line("a redemption at that instant is rejected with coupon_expired");

    let events = format!("/v1/events?coupon_id={}&type=CouponExpired", scene.early_bird);
    wait::until("a CouponExpired event", Duration::from_secs(90), async || {
        Ok((!stage.operator.list(&events).await?.is_empty()).then_some(()))
    })
    .await?;
    let late = Utc::now() - expiry;
    stage.story.detail(&format!("→ CouponExpired, received {:.1} s after the expiry", seconds(late)));
    Ok(())
}

fn until(instant: DateTime<Utc>) -> Duration {
    (instant - Utc::now()).to_std().unwrap_or_default()
}

fn seconds(span: TimeDelta) -> f64 {
    span.to_std().unwrap_or_default().as_secs_f64()
}
