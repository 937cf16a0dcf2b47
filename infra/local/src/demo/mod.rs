//! The demonstration: sets up coupons and workflows over the HTTP API, uses them as customers would, and tells what
//! happened, step by step.

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

/// How far ahead EARLYBIRD25 expires.
const EARLY_BIRD_LIFE: TimeDelta = TimeDelta::seconds(90);

/// What was expected at a point of the demonstration, and what came.
#[derive(Debug)]
struct Surprise {
    expected: String,
    came: String,
}

/// What a part of the demonstration shares with the others.
struct Stage<'a> {
    operator: Api,
    server: Api,
    storefront: Api,
    mailbox: Mailbox,
    story: &'a mut Story,
}

/// Runs the demonstration and writes its story to standard output. Returns whether everything went as expected.
///
/// On data that was kept from an earlier run it only tells how the coupons stand: a limit is used up once.
///
/// # Errors
/// Only if no request can be made at all; what goes wrong in the demonstration is part of the story.
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
    // One scenario's surprise does not keep the others from being shown.
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
    story.chapter("The data of an earlier run was kept, so the demonstration is not run again. Its coupons:");
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
