//! Scenario BETA50: 150 concurrent customers, a limit of 100 redemptions.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use tokio::task::JoinSet;

use super::set_up::{Fixtures, MARKETING, order, purchase_body};
use super::{Context, Mismatch, printer, wait};

const CUSTOMERS: usize = 150;
const LIMIT: usize = 100;

pub(super) async fn run_scenario(context: &mut Context<'_>, fixtures: &Fixtures) -> Result<(), Mismatch> {
    context.printer.heading("BETA50 has a limit of 100 redemptions; 150 customers redeem it at the same time");
    let started = Instant::now();
    let (redeemed, rejected) = redeem_concurrently(context).await?;
    context.printer.line(&format!(
        "{redeemed} redemptions succeed, {rejected} are rejected with limit_reached, in {:.1} s",
        started.elapsed().as_secs_f64()
    ));
    if (redeemed, rejected) != (LIMIT, CUSTOMERS - LIMIT) {
        return Err(Mismatch {
            expected: format!("{LIMIT} redemptions and {} rejections", CUSTOMERS - LIMIT),
            actual: format!("{redeemed} redemptions and {rejected} rejections"),
        });
    }

    let mail = context.mailbox.message(MARKETING, "BETA50", Duration::from_secs(60)).await?;
    let backup = format!("/v1/coupons/{}", fixtures.beta25);
    wait::until("BETA25 to become active", Duration::from_secs(15), async || {
        Ok((context.operator.get(&backup).await?["status"] == "active").then_some(()))
    })
    .await?;
    let fired =
        context.operator.list(&format!("/v1/events?coupon_id={}&type=CouponLimitReached", fixtures.beta50)).await?;
    let fired = printer::event_types(&fired);
    if fired != ["CouponLimitReached"] {
        return Err(Mismatch { expected: "one CouponLimitReached".into(), actual: format!("{fired:?}") });
    }
    context.printer.detail("→ CouponLimitReached, once → workflow “Beta is full”");
    let executions = context.operator.list(&format!("/v1/executions?workflow_id={}", fixtures.beta_workflow)).await?;
    for execution in &executions {
        context.printer.steps(execution);
    }
    context.printer.mail(&mail);
    let beta50 = context.operator.get(&format!("/v1/coupons/{}", fixtures.beta50)).await?;
    context.printer.line(&format!("BETA50 is {}, BETA25 is active", beta50["status"].as_str().unwrap_or("?")));
    Ok(())
}

/// Redeems the code for all customers concurrently and counts the redemptions and the rejections with `limit_reached`.
async fn redeem_concurrently(context: &Context<'_>) -> Result<(usize, usize), Mismatch> {
    let mut customers = JoinSet::new();
    for number in 1..=CUSTOMERS {
        let server = context.server.clone();
        customers.spawn(async move {
            let order = order(&format!("demo_beta_{number}"), 8_000);
            let body = purchase_body("BETA50", &format!("customer{number}@example.com"), "Customer", &order);
            server.try_post("/v1/redeem", &body).await
        });
    }
    let (mut redeemed, mut rejected) = (0, 0);
    for answer in customers.join_all().await {
        let answer = answer?;
        match answer.status {
            StatusCode::CREATED => redeemed += 1,
            StatusCode::CONFLICT if answer.code() == "limit_reached" => rejected += 1,
            _ => drop(answer.expect(StatusCode::CREATED, "/v1/redeem")?),
        }
    }
    Ok((redeemed, rejected))
}
