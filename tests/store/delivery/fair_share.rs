//! Fair share of the send rate among tenants, the horizon of the schedules, and the pause of a tenant's e-mail.

use chrono::TimeDelta;
use couponflow_app::delivery::mail_events::handle_mail_event;
use couponflow_app::delivery::ports::{DeliveryStore as _, MailSchedule};
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::dynamo::MailRate;
use couponflow_domain::automation::execution::Execution;
use couponflow_domain::delivery::mail_event::MailEvent;
use couponflow_domain::delivery::mail_pause::{BLOCK, CountedReport, MailPause, PauseReason};
use couponflow_tests::fixtures::{self, at, stored_coupon};
use couponflow_tests::harness::{ExecutorHarness, steps_of};
use couponflow_tests::repository;
use couponflow_tests::steps::mail;
use serde_json::json;

const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600 * SECOND;
const ANA: &str = "ana@example.com";
const DAY: TimeDelta = TimeDelta::days(1);

/// Limits the account to one e-mail per second and calls `prepare`. Then handles an event at 2 s whose workflow sends an
/// e-mail, and returns the execution.
async fn execution_after(harness: &ExecutorHarness, prepare: impl AsyncFnOnce(&MailRate)) -> Execution {
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let rate = MailRate::new(harness.table.clone(), 1);
    harness.outbound.limit_rate(rate.clone());
    let workflow = harness.publish("mail", "coupon_redeemed", json!([mail("thanks")]), json!({})).await;
    prepare(&rate).await;
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, 2 * SECOND)).await;
    harness.execution_of(&workflow).await
}

#[tokio::test]
async fn a_flood_of_one_tenant_delays_the_email_of_another_by_seconds() {
    let harness = ExecutorHarness::new().await;
    let flood = fixtures::tenant("flood");
    let now = at(2 * SECOND);
    let execution = execution_after(&harness, async |rate| {
        rate.reserve(MailSchedule::Tenant(&flood), 3_000, now, DAY).await.unwrap();
        // E-mails that have waited for their tenant join the account's queue while it is short.
        let mut joined = 0;
        while rate.reserve(MailSchedule::Account, 1, now, TimeDelta::seconds(5)).await.unwrap().is_some() {
            joined += 1;
        }
        assert!((5..10).contains(&joined), "{joined}");
    })
    .await;
    let wake_at = execution.wake_at.unwrap();
    assert!(wake_at > now && wake_at <= now + TimeDelta::seconds(7), "{wake_at}");
    harness.advance_to(10 * SECOND).await;
    assert_eq!(harness.outbound.subjects(), ["thanks"]);
}

#[tokio::test]
async fn an_email_of_a_busy_tenant_waits_for_a_nearly_free_account() {
    let harness = ExecutorHarness::new().await;
    let tenant = harness.tenant.clone();
    let now = at(2 * SECOND);
    let execution = execution_after(&harness, async |rate| {
        rate.reserve(MailSchedule::Tenant(&tenant), 20, now, DAY).await.unwrap();
        rate.reserve(MailSchedule::Account, 60, now, DAY).await.unwrap();
    })
    .await;
    let first_wait = execution.wake_at.unwrap();
    assert!(first_wait > now + TimeDelta::seconds(15), "waits for its tenant: {first_wait}");
    assert!(execution.steps[0].attempts.is_empty(), "a wait is no attempt");
    harness.advance_to(30 * SECOND).await;
    assert!(harness.outbound.subjects().is_empty(), "30 s of other tenants' e-mails are before it");
    harness.advance_to(80 * SECOND).await;
    assert_eq!(harness.outbound.subjects(), ["thanks"]);
}

#[tokio::test]
async fn an_email_beyond_the_horizon_gets_no_slot_and_is_sent_later() {
    let harness = ExecutorHarness::new().await;
    let tenant = harness.tenant.clone();
    let execution = execution_after(&harness, async |rate| {
        rate.reserve(MailSchedule::Tenant(&tenant), 3_700, at(2 * SECOND), DAY).await.unwrap();
    })
    .await;
    let why = execution.steps[0].detail.as_deref().unwrap();
    assert!(why.contains("an hour of the shop's e-mails is waiting"), "{why}");
    let memory = &execution.steps[0].memory;
    assert_eq!(memory.slot, None);
    harness.advance_to(2 * HOUR).await;
    assert_eq!(harness.outbound.subjects(), ["thanks"]);
}

#[tokio::test]
async fn bounces_pause_the_email_of_a_tenant_until_an_operator_resumes_it() {
    let harness = ExecutorHarness::new().await;
    let bounced = MailEvent::read(&repository::json("events/samples/ses-bounced.json")).unwrap();
    for _ in 0..10 {
        handle_mail_event(&harness.store, &harness.clock, &bounced).await.unwrap();
    }
    let fresh = || harness.dynamo.instance().of(&harness.tenant);
    assert_eq!(fresh().mail_pause().await.unwrap(), None, "a few bounces of a new tenant pause nothing");
    handle_mail_event(&harness.store, &harness.clock, &bounced).await.unwrap();
    let reason = fresh().mail_pause().await.unwrap().map(|pause| pause.reason);
    assert_eq!(reason, Some(PauseReason::Bounces));

    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let workflow = harness.publish("mail", "coupon_redeemed", json!([mail("thanks")]), json!({})).await;
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", "bo@example.com", 2 * SECOND)).await;
    let paused = harness.execution_of(&workflow).await;
    let why = paused.steps[0].detail.as_deref().unwrap();
    assert!(why.contains("paused: more than 5 % of its last e-mails bounced"), "{why}");
    assert_eq!(harness.outbound.reserved_slots(), 0);
    assert!(harness.store.resume_mail().await.unwrap());
    assert!(!harness.store.resume_mail().await.unwrap(), "the e-mail was already resumed");
    let executor = harness.dynamo.instance();
    harness.advance_with(&executor, HOUR).await.unwrap();
    assert_eq!(steps_of(&harness.execution_of(&workflow).await), ["thanks completed"]);
    handle_mail_event(&harness.store, &harness.clock, &bounced).await.unwrap();
    assert_eq!(fresh().mail_pause().await.unwrap(), None, "the count starts from zero");
}

#[tokio::test]
async fn the_first_reason_of_a_pause_is_kept() {
    let harness = ExecutorHarness::new().await;
    let pause = |reason, ms| MailPause { reason, since: at(ms) };
    assert!(harness.store.pause_mail(&pause(PauseReason::Operator, 1)).await.unwrap());
    assert!(!harness.store.pause_mail(&pause(PauseReason::Bounces, 2)).await.unwrap());
    assert_eq!(harness.store.mail_pause().await.unwrap(), Some(pause(PauseReason::Operator, 1)));
    let neighbour = harness.dynamo.instance().of(&fixtures::tenant("neighbour"));
    assert_eq!(neighbour.mail_pause().await.unwrap(), None);
}

#[tokio::test]
async fn only_the_last_thousand_emails_count() {
    let harness = ExecutorHarness::new().await;
    let count = async |report| harness.store.count_report(report).await.unwrap();
    count(CountedReport::Bounced).await;
    for _ in 1..2 * BLOCK {
        count(CountedReport::Delivered).await;
    }
    let counts = count(CountedReport::Delivered).await;
    assert_eq!((counts.mails(), counts.bounced), (BLOCK + 1, 0), "the block with the bounce is over");
}
