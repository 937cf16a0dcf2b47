//! Scenario MEMBER20: a redemption starts a welcome workflow, which starts an upsell workflow.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;

use super::set_up::{ADMIN, Scene, attempt, order};
use super::{Stage, Surprise, tell, wait};

const MEMBER: &str = "ben@example.com";

pub(super) async fn play(stage: &mut Stage<'_>, scene: &Scene) -> Result<(), Surprise> {
    stage.story.chapter("MEMBER20 is redeemed by a new member");
    let body = attempt("MEMBER20", MEMBER, "Ben", &order("demo_member", 4_900));
    let redemption = stage.server.post("/v1/redeem", &body, StatusCode::CREATED).await?;
    stage
        .story
        .line(&format!("Ben redeems MEMBER20 for an order of 49.00 USD: {} off", tell::money(&redemption["discount"])));
    if redemption["discount"]["amount"] != 980 {
        return Err(Surprise {
            expected: "a discount of 9.80 USD".into(),
            came: format!("a discount of {}", tell::money(&redemption["discount"])),
        });
    }

    let execution = finished_execution(stage, &scene.member_workflow).await?;
    stage.story.detail("→ CouponRedeemed → workflow “Member welcome”");
    stage.story.steps(&execution);
    for (recipient, words) in [(MEMBER, "Welcome, Ben"), (ADMIN, "MEMBER20 was redeemed"), (MEMBER, "meet the annual")]
    {
        let mail = stage.mailbox.message(recipient, words, Duration::from_secs(15)).await?;
        stage.story.mail(&mail);
    }

    let contacts = stage.operator.list(&format!("/v1/contacts?email={MEMBER}")).await?;
    let tags = contacts.first().map(|contact| contact["tags"].clone()).unwrap_or_default();
    if tags.as_array().is_none_or(|tags| !tags.contains(&"Member20-Used".into())) {
        return Err(Surprise {
            expected: "Ben to have the tag Member20-Used".into(),
            came: format!("the tags {tags}"),
        });
    }
    stage.story.line("Ben has the tag Member20-Used");

    let upsell = latest_execution(stage, &scene.upsell_workflow).await?;
    let status = upsell.as_ref().and_then(|upsell| upsell["status"].as_str()).unwrap_or("missing").to_owned();
    stage
        .story
        .line(&format!("workflow “Annual plan upsell” is {status}: it sends its second e-mail 20 s after the first"));
    Ok(())
}

/// Shows the end of the upsell workflow. Runs after other scenarios, so that the user does not have to wait for it.
pub(super) async fn finish(stage: &mut Stage<'_>) -> Result<(), Surprise> {
    stage.story.chapter("MEMBER20, a few seconds later");
    let mail = stage.mailbox.message(MEMBER, "Last call", Duration::from_secs(60)).await?;
    stage.story.line("the wait has ended, and the upsell workflow continues");
    stage.story.mail(&mail);
    Ok(())
}

async fn finished_execution(stage: &Stage<'_>, workflow: &str) -> Result<Value, Surprise> {
    wait::until("a completed execution of the workflow", Duration::from_secs(30), async || {
        Ok(latest_execution(stage, workflow).await?.filter(|execution| execution["status"] == "completed"))
    })
    .await
}

async fn latest_execution(stage: &Stage<'_>, workflow: &str) -> Result<Option<Value>, Surprise> {
    let found = stage.operator.list(&format!("/v1/executions?workflow_id={workflow}")).await?;
    match found.first().and_then(|execution| execution["id"].as_str()) {
        Some(id) => stage.operator.get(&format!("/v1/executions/{id}")).await.map(Some),
        None => Ok(None),
    }
}
