//! Scenario WELCOME: a job generates 2000 unique codes. One of them is redeemed, and a second
//! attempt to redeem it is rejected.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::set_up::{Fixtures, order, purchase_body};
use super::{Context, Mismatch, wait};
use crate::progress::CountBar;

const CODES: u64 = 2000;

pub(super) async fn run_scenario(context: &mut Context<'_>, fixtures: &Fixtures) -> Result<(), Mismatch> {
    context.printer.heading(&format!("WELCOME gets {CODES} unique codes, each for one redemption"));
    let path = format!("/v1/coupons/{}/codes", fixtures.welcome);
    let job = context.operator.post(&path, &json!({"count": CODES, "prefix": "HI"}), StatusCode::ACCEPTED).await?;
    let job = format!("/v1/jobs/{}", job["id"].as_str().unwrap_or_default());
    let count = CountBar::new(CODES, "codes issued");
    let done = wait::until("the job to end", Duration::from_secs(180), async || {
        let job = context.operator.get(&job).await?;
        count.at(job["done"].as_u64().unwrap_or_default());
        Ok((job["status"] != "running").then_some(job))
    })
    .await?;
    count.end();
    if done["status"] != "completed" {
        return Err(Mismatch { expected: "a completed job".into(), actual: format!("{done}") });
    }
    let codes = context.operator.list(&format!("{path}?limit=2")).await?;
    let code = codes.first().and_then(|code| code["code"].as_str()).unwrap_or_default().to_owned();
    context.printer.line(&format!("a background job generates {CODES} codes such as {code}"));

    let redeem = async |order_id: &str| {
        let body = purchase_body(&code, "dora@example.com", "Dora", &order(order_id, 4_000));
        context.server.try_post("/v1/redeem", &body).await
    };
    redeem("demo_welcome_1").await?.expect(StatusCode::CREATED, "/v1/redeem")?;
    let again = redeem("demo_welcome_2").await?;
    if again.code() != "code_already_used" {
        return Err(Mismatch { expected: "code_already_used".into(), actual: format!("{}", again.body) });
    }
    context.printer.line(&format!("{code} is redeemed; a second order is rejected with code_already_used"));
    let counted = wait::until("the redemption to be counted", Duration::from_secs(15), async || {
        let stats = context.operator.get(&format!("/v1/coupons/{}/stats", fixtures.welcome)).await?;
        Ok((stats["redeemed"] == 1 && stats["rejected"]["code_already_used"] == 1).then_some(stats))
    })
    .await?;
    let number = |name: &str| counted[name].as_u64().unwrap_or_default();
    context.printer.detail(&format!(
        "→ statistics: {} issued, {} redeemed, 1 rejected with code_already_used",
        number("issued"),
        number("redeemed")
    ));
    expect("all codes to be issued", number("issued") == CODES, &counted)
}

/// Checks a condition of the demonstration.
///
/// # Errors
/// Returns an error if `holds` is false.
pub(super) fn expect(expected: &str, holds: bool, actual: &Value) -> Result<(), Mismatch> {
    match holds {
        true => Ok(()),
        false => Err(Mismatch { expected: expected.to_owned(), actual: format!("{actual}") }),
    }
}
