//! Recipients of messages to the shop's team confirm their addresses before they get messages.

use couponflow_app::automation::dry_run::dry_run;
use couponflow_app::automation::ports::{AutomationStore as _, Workflow};
use couponflow_app::contacts::ports::ContactStore as _;
use couponflow_app::delivery::ports::DeliveryStore as _;
use couponflow_app::kernel::system::Clock as _;
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::delivery::mail::SuppressionReason;
use couponflow_domain::delivery::recipient::{ConfirmationLink, NOT_CONFIRMED};
use couponflow_domain::purchases::customer::Email;
use couponflow_tests::fixtures::{at, stored_coupon};
use couponflow_tests::harness::{ExecutorHarness, steps_of};
use serde_json::json;

const DAY: i64 = 24 * 3_600_000;
const ANA: &str = "ana@example.com";

/// A harness with a workflow that tells these colleagues about each redemption.
async fn telling(to: &[&str]) -> (ExecutorHarness, Coupon, Workflow) {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let tell = json!([{"id": "tell", "type": "notify", "channel": "email", "to": to, "subject": "Sold", "text": "t"}]);
    let workflow = harness.publish("tell", "coupon_redeemed", tell, json!({"re_entry": true})).await;
    (harness, coupon, workflow)
}

/// The subjects and recipients of the mails sent so far.
fn sent(harness: &ExecutorHarness) -> Vec<(String, String)> {
    let to = |to: &[Email]| to.iter().map(Email::as_str).collect::<Vec<_>>().join(" ");
    harness.outbound.mails().into_iter().map(|mail| (mail.subject.into_string(), to(&mail.to))).collect()
}

fn pair(subject: &str, to: &str) -> (String, String) {
    (subject.to_owned(), to.to_owned())
}

/// The link in the confirmation mail that was sent first.
fn link(harness: &ExecutorHarness) -> ConfirmationLink {
    let text = harness.outbound.mails()[0].text.clone().unwrap();
    let url = text.split_whitespace().find(|word| word.starts_with("https://")).unwrap();
    ConfirmationLink::parse(url.rsplit('/').next().unwrap()).unwrap()
}

const QUESTION: &str = "Do you want messages from the shop demo?";

#[tokio::test]
async fn a_recipient_gets_one_question_and_no_message_until_the_address_is_confirmed() {
    let (harness, coupon, workflow) = telling(&["Team@example.com"]).await;
    for order in 1..=2 {
        harness.handle(&harness.redeemed_event(&coupon, &format!("ord_{order}"), ANA, 2000 * order)).await;
    }
    for execution in harness.executions_of(&workflow).await {
        assert_eq!(steps_of(&execution), ["tell skipped"]);
        assert_eq!(execution.steps[0].detail.as_deref(), Some(NOT_CONFIRMED));
    }
    assert_eq!(sent(&harness), [pair(QUESTION, "Team@example.com")]);
    assert_eq!(harness.outbound.reserved_slots(), 1, "the question takes a slot, a skipped message takes none");

    let published = harness.store.published(&workflow.id).await.unwrap().unwrap();
    let third = harness.redeemed_event(&coupon, "ord_3", ANA, 6000);
    let predicted = async || {
        let dry = dry_run(&harness.store, &published, &third, harness.clock.now()).await.unwrap();
        json!(dry.steps[0].status).as_str().unwrap().to_owned()
    };
    assert_eq!(predicted().await, "skipped");
    let ConfirmationLink { recipient_key, token, .. } = link(&harness);
    assert!(harness.store.confirm_recipient(&recipient_key, &token, at(5000)).await.unwrap());
    assert_eq!(predicted().await, "completed");
    harness.handle(&third).await;
    assert_eq!(sent(&harness)[1..], [pair("Sold", "Team@example.com")]);
}

#[tokio::test]
async fn a_message_goes_to_confirmed_recipients_and_the_others_are_asked() {
    let (harness, coupon, workflow) = telling(&["team@example.com", "new@example.com", "bounced@example.com"]).await;
    harness.confirm("TEAM@example.com").await;
    let bounced = Email::parse("bounced@example.com").unwrap();
    harness.store.suppress(&bounced, SuppressionReason::Bounced, at(0)).await.unwrap();
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, 2000)).await;
    assert_eq!(steps_of(&harness.execution_of(&workflow).await), ["tell completed"]);
    assert_eq!(sent(&harness), [pair(QUESTION, "new@example.com"), pair("Sold", "team@example.com")]);
}

#[tokio::test]
async fn an_alert_of_a_failed_execution_asks_its_recipient_first() {
    let (harness, coupon, _) = telling(&["team@example.com"]).await;
    harness.confirm("team@example.com").await;
    let steps = json!([{"id": "hook", "type": "webhook", "url": "https://hooks.example.com/x"}]);
    let alert = json!({"on_failure": {"alert": ["ops@example.com"]}});
    let workflow = harness.publish("fails", "coupon_redeemed", steps, alert).await;
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, 2000)).await;
    let execution = harness.execution_of(&workflow).await;
    assert_eq!(steps_of(&execution), ["hook failed", "on_failure skipped"]);
    assert!(sent(&harness).contains(&pair(QUESTION, "ops@example.com")));
}

#[tokio::test]
async fn a_recipient_is_asked_again_after_a_rejected_mail_or_thirty_days() {
    let (harness, coupon, workflow) = telling(&["team@example.com"]).await;
    harness.outbound.reject_mails(1);
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, 2000)).await;
    assert!(sent(&harness).is_empty(), "the mail service rejected the question");
    harness.advance_to(DAY).await;
    assert_eq!(steps_of(&harness.execution_of(&workflow).await), ["tell skipped"]);
    assert_eq!(sent(&harness), [pair(QUESTION, "team@example.com")], "the retry asked again");
    for (order, day, questions) in [("ord_2", 29, 1), ("ord_3", 32, 2)] {
        harness.clock.set(at(day * DAY));
        harness.handle(&harness.redeemed_event(&coupon, order, ANA, day * DAY)).await;
        assert_eq!(sent(&harness).len(), questions, "{order}");
    }
    let ConfirmationLink { recipient_key, token, .. } = link(&harness);
    assert!(
        !harness.store.confirm_recipient(&recipient_key, &token, at(33 * DAY)).await.unwrap(),
        "a later link replaced it"
    );
}

#[tokio::test]
async fn a_lost_answer_to_the_question_sends_no_second_question() {
    let (harness, coupon, workflow) = telling(&["team@example.com"]).await;
    harness.outbound.lose_answers(true);
    for order in 1..=2 {
        harness.handle(&harness.redeemed_event(&coupon, &format!("ord_{order}"), ANA, 2000 * order)).await;
    }
    assert_eq!(sent(&harness), [pair(QUESTION, "team@example.com")]);
    for execution in harness.executions_of(&workflow).await {
        assert_eq!(steps_of(&execution), ["tell skipped"]);
    }
}

#[tokio::test]
async fn a_stored_recipient_has_neither_address_nor_secret() {
    let (harness, coupon, _) = telling(&["team@example.com"]).await;
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, 2000)).await;
    let text = harness.outbound.mails()[0].text.clone().unwrap();
    let secret = text
        .split_whitespace()
        .find(|word| word.starts_with("https://"))
        .unwrap()
        .rsplit('.')
        .next()
        .unwrap()
        .to_owned();
    let items = harness.dynamo.client.scan().table_name("couponflow").send().await.unwrap().items.unwrap();
    let kind = |item: &&std::collections::HashMap<_, _>| format!("{:?}", item.get("kind")).contains("RECIPIENT");
    let stored: Vec<String> = items.iter().filter(kind).map(|item| format!("{item:?}")).collect();
    assert_eq!(stored.len(), 1);
    assert!(!stored[0].contains("team@") && !stored[0].contains(&secret), "{stored:?}");
}
