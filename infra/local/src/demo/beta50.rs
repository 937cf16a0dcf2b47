//! Scenario BETA50: 150 concurrent customers, a limit of 100 redemptions.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use tokio::task::JoinSet;

use super::set_up::{MARKETING, Scene, attempt, order};
use super::{Stage, Surprise, tell, wait};

const CUSTOMERS: usize = 150;
const LIMIT: usize = 100;

pub(super) async fn play(stage: &mut Stage<'_>, scene: &Scene) -> Result<(), Surprise> {
    stage.story.chapter("BETA50 has a limit of 100 redemptions; 150 customers redeem it at the same time");
    let started = Instant::now();
    let (redeemed, refused) = rush(stage).await?;
    stage.story.line(&format!(
        "{redeemed} redemptions succeed, {refused} are rejected with limit_reached, in {:.1} s",
        started.elapsed().as_secs_f64()
    ));
    if (redeemed, refused) != (LIMIT, CUSTOMERS - LIMIT) {
        return Err(Surprise {
            expected: format!("{LIMIT} redemptions and {} rejections", CUSTOMERS - LIMIT),
            came: format!("{redeemed} redemptions and {refused} rejections"),
        });
    }

    let mail = stage.mailbox.message(MARKETING, "BETA50", Duration::from_secs(60)).await?;
    let backup = format!("/v1/coupons/{}", scene.beta25);
    wait::until("BETA25 to become active", Duration::from_secs(15), async || {
        Ok((stage.operator.get(&backup).await?["status"] == "active").then_some(()))
    })
    .await?;
    let fired = stage.operator.list(&format!("/v1/events?coupon_id={}&type=CouponLimitReached", scene.beta50)).await?;
    let fired = tell::kinds_of(&fired);
    if fired != ["CouponLimitReached"] {
        return Err(Surprise { expected: "one CouponLimitReached".into(), came: format!("{fired:?}") });
    }
    stage.story.detail("→ CouponLimitReached, once → workflow “Beta is full”");
    let executions = stage.operator.list(&format!("/v1/executions?workflow_id={}", scene.beta_workflow)).await?;
    for execution in &executions {
        stage.story.steps(execution);
    }
    stage.story.mail(&mail);
    let beta50 = stage.operator.get(&format!("/v1/coupons/{}", scene.beta50)).await?;
    stage.story.line(&format!("BETA50 is {}, BETA25 is active", beta50["status"].as_str().unwrap_or("?")));
    Ok(())
}

/// Redeems the code for all customers concurrently and counts the redemptions and the rejections with `limit_reached`.
async fn rush(stage: &Stage<'_>) -> Result<(usize, usize), Surprise> {
    let mut customers = JoinSet::new();
    for number in 1..=CUSTOMERS {
        let server = stage.server.clone();
        customers.spawn(async move {
            let order = order(&format!("demo_beta_{number}"), 8_000);
            let body = attempt("BETA50", &format!("customer{number}@example.com"), "Customer", &order);
            server.try_post("/v1/redeem", &body).await
        });
    }
    let (mut redeemed, mut refused) = (0, 0);
    for answer in customers.join_all().await {
        let answer = answer?;
        match answer.status {
            StatusCode::CREATED => redeemed += 1,
            StatusCode::CONFLICT if answer.code() == "limit_reached" => refused += 1,
            _ => drop(answer.expect(StatusCode::CREATED, "/v1/redeem")?),
        }
    }
    Ok((redeemed, refused))
}
