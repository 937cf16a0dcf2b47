//! Senders, the suppression list, and their effect on sending.

use std::slice;

use couponflow_app::contacts::ports::ContactStore as _;
use couponflow_app::delivery::mail::{Draft, deliver};
use couponflow_app::delivery::mail_events::handle_mail_event;
use couponflow_app::tenants::ports::{AccessStore as _, TenantStores as _};
use couponflow_domain::automation::execution::Outcome;
use couponflow_domain::delivery::mail::{Sender, Suppression, SuppressionReason};
use couponflow_domain::delivery::mail_event::MailEvent;
use couponflow_domain::kernel::ids::ExecutionId;
use couponflow_domain::purchases::customer::Email;
use couponflow_domain::tenants::settings::{SettingChange, SettingsChange};
use couponflow_tests::fixtures::{ClockAt, at, stored_tenant};
use couponflow_tests::harness::{ExecutorHarness, steps_of};
use couponflow_tests::outbound::RecordingOutbound;
use couponflow_tests::steps::mail;
use couponflow_tests::table::Dynamo;
use couponflow_tests::{fixtures, repository};
use serde_json::{Value, json};

fn ana() -> Email {
    Email::parse("Ana@example.com").unwrap()
}

fn draft() -> Draft {
    Draft {
        to: vec![ana()],
        subject: "Welcome".into(),
        html: Some("<p>Hello <a href=\"https://shop.example\">shop</a></p>".into()),
        text: None,
        unsubscribe_url: Some("https://api.example.com/u".into()),
        tenant: fixtures::tenant("demo"),
        execution_id: ExecutionId::new(at(0), [1; 10]),
        step_id: "welcome".into(),
    }
}

fn suppression(reason: SuppressionReason, ms: i64) -> Option<Suppression> {
    Some(Suppression { reason, at: at(ms) })
}

#[tokio::test]
async fn the_latest_report_about_an_address_counts_in_any_order_of_delivery() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let (email, other_spelling) = (ana(), Email::parse("ana@EXAMPLE.com").unwrap());
    assert_eq!(store.suppressions(slice::from_ref(&email)).await.unwrap(), [None]);
    for (reason, ms, stands) in [
        (SuppressionReason::Complained, 20, suppression(SuppressionReason::Complained, 20)),
        (SuppressionReason::Bounced, 10, suppression(SuppressionReason::Complained, 20)),
        (SuppressionReason::Complained, 20, suppression(SuppressionReason::Complained, 20)),
        (SuppressionReason::Bounced, 30, suppression(SuppressionReason::Bounced, 30)),
    ] {
        store.suppress(&email, reason, at(ms)).await.unwrap();
        assert_eq!(store.suppressions(slice::from_ref(&other_spelling)).await.unwrap(), [stands]);
    }
    let neighbour = dynamo.instance().of(&fixtures::tenant("neighbour"));
    let several = [Email::parse("bo@example.com").unwrap(), email.clone(), other_spelling];
    let bounced = suppression(SuppressionReason::Bounced, 30);
    assert_eq!(store.suppressions(&several).await.unwrap(), [None, bounced, bounced], "in the order of the addresses");
    assert_eq!(neighbour.suppressions(&[email]).await.unwrap(), [None], "suppression lists belong to one tenant");
}

#[tokio::test]
async fn a_lifted_suppression_ignores_a_repeated_old_report() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    assert!(!store.lift(&ana(), at(5)).await.unwrap(), "no suppression to lift");
    store.suppress(&ana(), SuppressionReason::Bounced, at(10)).await.unwrap();
    assert!(store.lift(&ana(), at(20)).await.unwrap());
    assert!(!store.lift(&ana(), at(21)).await.unwrap());
    store.suppress(&ana(), SuppressionReason::Bounced, at(10)).await.unwrap();
    assert_eq!(store.suppressions(&[ana()]).await.unwrap(), [None]);
    store.suppress(&ana(), SuppressionReason::Bounced, at(30)).await.unwrap();
    assert_eq!(store.suppressions(&[ana()]).await.unwrap(), [suppression(SuppressionReason::Bounced, 30)]);
}

#[tokio::test]
async fn the_suppression_list_stores_no_address() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    store.suppress(&ana(), SuppressionReason::Bounced, at(10)).await.unwrap();
    let items = dynamo.client.scan().table_name("couponflow").send().await.unwrap().items.unwrap();
    assert_eq!(items.len(), 1);
    assert!(!format!("{items:?}").to_lowercase().contains("ana@"), "{items:?}");
}

#[tokio::test]
async fn a_mail_has_the_tenants_sender_and_a_text_derived_from_its_html() {
    let dynamo = Dynamo::start().await;
    let table = dynamo.instance();
    let store = stored_tenant(&table, "demo").await;
    let sender = Sender { email: ana(), name: None, reply_to: None };
    store
        .configure(&SettingsChange { sender: SettingChange::Set(sender.clone()), ..SettingsChange::default() })
        .await
        .unwrap();
    let outbound = RecordingOutbound::default();
    let outcome = deliver(&store, &outbound, draft()).await.unwrap();
    let Outcome::Completed(output) = outcome else { panic!("{outcome:?}") };
    assert_eq!(Value::Object(output), json!({"message_id": "message-1"}));
    let mail = outbound.mails().remove(0);
    assert_eq!(mail.text.as_deref(), Some("Hello shop (https://shop.example)"));
    assert_eq!((mail.from, mail.unsubscribe_url), (Some(sender), draft().unsubscribe_url));
}

#[tokio::test]
async fn an_address_that_bounced_gets_no_mail_and_takes_no_slot() {
    let harness = ExecutorHarness::new().await;
    let coupon = fixtures::stored_coupon(&harness.store, "FLASH20", json!({})).await;
    harness.confirm("bo@example.com").await;
    for _ in 0..2 {
        let bounced = MailEvent::read(&repository::json("events/samples/ses-bounced.json")).unwrap();
        handle_mail_event(&harness.store, &ClockAt(0), &bounced).await.unwrap();
    }
    let team = |id: &str, to: &[&str]| json!({"id": id, "type": "notify", "channel": "email", "to": to, "subject": id, "text": "Sold"});
    let steps = json!([
        mail("contact"),
        team("both", &["ana@example.com", "bo@example.com"]),
        team("alone", &["ana@example.com"])
    ]);
    let workflow = harness.publish("mail", "coupon_redeemed", steps, json!({})).await;
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", "ana@example.com", 2000)).await;
    let execution = harness.execution_of(&workflow).await;
    assert_eq!(steps_of(&execution), ["contact skipped", "both completed", "alone skipped"]);
    let details: Vec<_> = execution.steps.iter().filter_map(|step| step.detail.as_deref()).collect();
    let since = "on the suppression list: bounced at 2026-11-22T15:01:05Z";
    assert_eq!(details, [format!("the contact is {since}"), format!("every recipient is {since}")]);
    let sent: Vec<_> = harness.outbound.mails().into_iter().map(|mail| mail.to).collect();
    assert_eq!(sent, [vec![Email::parse("bo@example.com").unwrap()]]);
    assert_eq!(harness.outbound.reserved_slots(), 1);
}

#[tokio::test]
async fn only_permanent_bounces_and_complaints_suppress_an_address() {
    for (sample, reason) in [
        ("delivered", None),
        ("delayed", None),
        ("bounced-for-now", None),
        ("rejected", None),
        ("rendering-failed", None),
        ("bounced", Some(SuppressionReason::Bounced)),
        ("complained", Some(SuppressionReason::Complained)),
    ] {
        let dynamo = Dynamo::start().await;
        let event = MailEvent::read(&repository::json(&format!("events/samples/ses-{sample}.json"))).unwrap();
        let store = dynamo.instance().of(&event.tenant_id);
        handle_mail_event(&store, &ClockAt(0), &event).await.unwrap();
        let found = store.suppressions(&[ana()]).await.unwrap().remove(0);
        assert_eq!(found.map(|suppression| suppression.reason), reason, "{sample}");
    }
}
