//! Scenario MEMBER20: a redemption starts a welcome workflow, which starts an upsell workflow.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;

use super::set_up::{ADMIN, Fixtures, order, purchase_body};
use super::{Context, Mismatch, printer, wait};

const MEMBER: &str = "ben@example.com";

pub(super) async fn run_scenario(context: &mut Context<'_>, fixtures: &Fixtures) -> Result<(), Mismatch> {
    context.printer.heading("MEMBER20 is redeemed by a new member");
    let body = purchase_body("MEMBER20", MEMBER, "Ben", &order("demo_member", 4_900));
    let redemption = context.server.post("/v1/redeem", &body, StatusCode::CREATED).await?;
    context.printer.line(&format!(
        "Ben redeems MEMBER20 for an order of 49.00 USD: {} off",
        printer::money(&redemption["discount"])
    ));
    if redemption["discount"]["amount"] != 980 {
        return Err(Mismatch {
            expected: "a discount of 9.80 USD".into(),
            actual: format!("a discount of {}", printer::money(&redemption["discount"])),
        });
    }

    let execution = finished_execution(context, &fixtures.member_workflow).await?;
    context.printer.detail("→ CouponRedeemed → workflow “Member welcome”");
    context.printer.steps(&execution);
    for (recipient, words) in [(MEMBER, "Welcome, Ben"), (ADMIN, "MEMBER20 was redeemed"), (MEMBER, "meet the annual")]
    {
        let mail = context.mailbox.message(recipient, words, Duration::from_secs(15)).await?;
        context.printer.mail(&mail);
    }

    let contacts = context.operator.list(&format!("/v1/contacts?email={MEMBER}")).await?;
    let tags = contacts.first().map(|contact| contact["tags"].clone()).unwrap_or_default();
    if tags.as_array().is_none_or(|tags| !tags.contains(&"Member20-Used".into())) {
        return Err(Mismatch {
            expected: "Ben to have the tag Member20-Used".into(),
            actual: format!("the tags {tags}"),
        });
    }
    context.printer.line("Ben has the tag Member20-Used");

    let upsell = latest_execution(context, &fixtures.upsell_workflow).await?;
    let status = upsell.as_ref().and_then(|upsell| upsell["status"].as_str()).unwrap_or("missing").to_owned();
    context
        .printer
        .line(&format!("workflow “Annual plan upsell” is {status}: it sends its second e-mail 20 s after the first"));
    Ok(())
}

/// Shows the end of the upsell workflow. Runs after other scenarios, so that the 20 s wait of the
/// workflow passes meanwhile.
pub(super) async fn show_upsell_end(context: &mut Context<'_>) -> Result<(), Mismatch> {
    context.printer.heading("MEMBER20, a few seconds later");
    let mail = context.mailbox.message(MEMBER, "Last call", Duration::from_secs(60)).await?;
    context.printer.line("the wait has ended, and the upsell workflow continues");
    context.printer.mail(&mail);
    Ok(())
}

async fn finished_execution(context: &Context<'_>, workflow: &str) -> Result<Value, Mismatch> {
    wait::until("a completed execution of the workflow", Duration::from_secs(30), async || {
        Ok(latest_execution(context, workflow).await?.filter(|execution| execution["status"] == "completed"))
    })
    .await
}

async fn latest_execution(context: &Context<'_>, workflow: &str) -> Result<Option<Value>, Mismatch> {
    let found = context.operator.list(&format!("/v1/executions?workflow_id={workflow}")).await?;
    match found.first().and_then(|execution| execution["id"].as_str()) {
        Some(id) => context.operator.get(&format!("/v1/executions/{id}")).await.map(Some),
        None => Ok(None),
    }
}
