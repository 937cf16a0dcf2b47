//! The demonstration: creates coupons and workflows through the HTTP API, uses the coupons as
//! customers would, and prints what happens step by step.

mod api;
mod beta50;
mod codes;
mod early_bird;
mod flash20;
mod last_one;
mod mail;
mod member20;
mod printer;
mod set_up;
mod wait;

use chrono::{TimeDelta, Utc};
use serde_json::Value;

use self::api::Api;
use self::mail::Mailbox;
use self::printer::Printer;
use self::set_up::Fixtures;
use crate::{Error, StackInfo};

/// Time from the start of the demonstration to the expiry of EARLYBIRD25.
const EARLY_BIRD_LIFE: TimeDelta = TimeDelta::seconds(90);

/// A difference between the expected and the actual behaviour.
#[derive(Debug)]
struct Mismatch {
    expected: String,
    actual: String,
}

/// Clients and output that the scenarios share.
struct Context<'a> {
    operator: Api,
    server: Api,
    storefront: Api,
    mailbox: Mailbox,
    printer: &'a mut Printer,
}

/// Runs the demonstration and prints it to standard output. Returns whether everything behaved as expected.
///
/// If the stack already has coupons, only prints their state, because the scenarios need new
/// coupons.
///
/// # Errors
/// Returns an error if no HTTP client can be built. Unexpected behaviour is printed and is not an
/// error.
pub async fn run(stack: &StackInfo) -> Result<bool, Error> {
    let mut printer = Printer::default();
    let api = |key: &str| Api::new(&stack.api_url, key);
    let mut context = Context {
        operator: api(&stack.keys.admin)?,
        server: api(&stack.keys.server)?,
        storefront: api(&stack.keys.storefront)?,
        mailbox: Mailbox::new(&stack.mail_url)?,
        printer: &mut printer,
    };
    if let Err(mismatch) = tell(&mut context).await {
        context.printer.mismatch(&mismatch);
    }
    Ok(!printer.had_mismatch())
}

async fn tell(context: &mut Context<'_>) -> Result<(), Mismatch> {
    let earlier = set_up::coupons(&context.operator).await?;
    if !earlier.is_empty() {
        print_coupon_states(context.printer, &earlier);
        return Ok(());
    }
    let fixtures = Fixtures::create(context, Utc::now() + EARLY_BIRD_LIFE).await?;
    // A scenario that fails must not prevent the others from running.
    let parts = [
        flash20::run_scenario(context, &fixtures).await,
        member20::run_scenario(context, &fixtures).await,
        beta50::run_scenario(context, &fixtures).await,
        codes::run_scenario(context, &fixtures).await,
        last_one::run_scenario(context, &fixtures).await,
        member20::show_upsell_end(context).await,
        early_bird::run_scenario(context, &fixtures).await,
    ];
    for mismatch in parts.into_iter().filter_map(Result::err) {
        context.printer.mismatch(&mismatch);
    }
    Ok(())
}

fn print_coupon_states(printer: &mut Printer, coupons: &[Value]) {
    printer.heading("The stack has data from an earlier run, so the demonstration is skipped. Existing coupons:");
    for coupon in coupons {
        let text = |field: &str| coupon[field].as_str().unwrap_or("?").to_owned();
        printer.line(&format!(
            "{:<12} {:<10} redeemed {} times",
            text("code"),
            text("status"),
            coupon["times_redeemed"].as_u64().unwrap_or_default()
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[tokio::test]
    async fn demonstration_fails_if_the_api_does_not_answer() {
        let closed = "http://127.0.0.1:1";
        let info = json!({"api_url": closed, "tenant_id": "demo", "aws_endpoint_url": closed, "region": "us-east-1",
            "keys": {"storefront": "a", "server": "b", "admin": "c"}, "mail_url": closed, "sender_email": "",
            "table": "", "bus": "", "events_queue_url": "", "timers_queue_url": "", "dead_letter_queue_urls": {},
            "functions": {}, "function_variables": {}, "pid": 1, "pids": []});
        let stack: StackInfo = serde_json::from_value(info).unwrap();
        assert!(!run(&stack).await.unwrap());
    }
}
