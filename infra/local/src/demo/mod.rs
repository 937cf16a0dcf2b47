//! The demonstration: creates coupons and workflows through the HTTP API, uses them as customers would, and prints what
//! happens step by step.

mod api;
mod beta50;
mod codes;
mod early_bird;
mod flash20;
mod last_one;
mod mail;
mod member20;
mod set_up;
mod tell;
mod wait;

use chrono::{TimeDelta, Utc};
use serde_json::Value;

use self::api::Api;
use self::mail::Mailbox;
use self::set_up::Scene;
use self::tell::Story;
use crate::{Error, StackInfo};

/// Time from the start of the demonstration to the expiry of EARLYBIRD25.
const EARLY_BIRD_LIFE: TimeDelta = TimeDelta::seconds(90);

/// A difference between the expected and the actual behaviour.
#[derive(Debug)]
struct Surprise {
    expected: String,
    came: String,
}

/// Clients and output that the scenarios share.
struct Stage<'a> {
    operator: Api,
    server: Api,
    storefront: Api,
    mailbox: Mailbox,
    story: &'a mut Story,
}

/// Runs the demonstration and prints it to standard output. Returns whether everything behaved as expected.
///
/// With data from an earlier run, it only prints the state of the coupons, because the limits are already used up.
///
/// # Errors
/// If no HTTP client can be built. Unexpected behaviour is not an error: it is printed.
pub async fn run(stack: &StackInfo) -> Result<bool, Error> {
    let mut story = Story::default();
    let api = |key: &str| Api::new(&stack.api_url, key);
    let mut stage = Stage {
        operator: api(&stack.keys.admin)?,
        server: api(&stack.keys.server)?,
        storefront: api(&stack.keys.storefront)?,
        mailbox: Mailbox::new(&stack.mail_url)?,
        story: &mut story,
    };
    if let Err(surprise) = tell(&mut stage).await {
        stage.story.surprise(&surprise);
    }
    Ok(!story.was_surprised())
}

async fn tell(stage: &mut Stage<'_>) -> Result<(), Surprise> {
    let earlier = set_up::coupons(&stage.operator).await?;
    if !earlier.is_empty() {
        tell_how_coupons_stand(stage.story, &earlier);
        return Ok(());
    }
    let scene = Scene::create(stage, Utc::now() + EARLY_BIRD_LIFE).await?;
    // A scenario that fails must not prevent the others from running.
    let parts = [
        flash20::play(stage, &scene).await,
        member20::play(stage, &scene).await,
        beta50::play(stage, &scene).await,
        codes::play(stage, &scene).await,
        last_one::play(stage, &scene).await,
        member20::finish(stage).await,
        early_bird::play(stage, &scene).await,
    ];
    for surprise in parts.into_iter().filter_map(Result::err) {
        stage.story.surprise(&surprise);
    }
    Ok(())
}

fn tell_how_coupons_stand(story: &mut Story, coupons: &[Value]) {
    story.chapter("The demonstration is skipped, because the stack has data from an earlier run. Its coupons:");
    for coupon in coupons {
        let text = |field: &str| coupon[field].as_str().unwrap_or("?").to_owned();
        story.line(&format!(
            "{:<12} {:<10} redeemed {} times",
            text("code"),
            text("status"),
            coupon["times_redeemed"].as_u64().unwrap_or_default()
        ));
    }
}
