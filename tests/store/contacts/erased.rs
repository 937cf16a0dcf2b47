//! Executions and events whose customer was erased.

use couponflow_app::automation::dry_run::{Replayed, dry_run, replay};
use couponflow_app::automation::execute::{OperationOutcome, retry};
use couponflow_app::automation::ports::AutomationStore as _;
use couponflow_app::contacts::ports::ContactStore as _;
use couponflow_app::delivery::ports::DeliveryStore as _;
use couponflow_domain::automation::execution::{Execution, ExecutionStatus};
use couponflow_domain::automation::plan::entry;
use couponflow_domain::contacts::contact::Contact;
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::delivery::webhook::SigningSecret;
use couponflow_domain::events::event::{CouponSnapshot, Event};
use couponflow_domain::kernel::counters::RedemptionNumber;
use couponflow_domain::kernel::ids::SigningSecretId;
use couponflow_domain::kernel::personal::PersonalText;
use couponflow_domain::purchases::Application;
use couponflow_domain::purchases::customer::Email;
use couponflow_domain::timers::timer::{Purpose, Timer};
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::{at, stored_coupon};
use couponflow_tests::harness::{ExecutorHarness, steps_of};
use couponflow_tests::steps::{mail, tag};
use serde_json::{Value, json};

const ANA: &str = "ana@example.com";
const HOUR: i64 = 3_600_000;

/// A harness with a coupon and a webhook signing secret.
async fn harness() -> (ExecutorHarness, Coupon) {
    let harness = ExecutorHarness::new().await;
    let secret = SigningSecret::new(SigningSecretId::new(at(0), [1; 10]), [[1; 10]; 3], at(0));
    harness.store.rotate_signing_secret(secret, at(0)).await.unwrap();
    harness.confirm("team@example.com").await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    (harness, coupon)
}

/// One step of each kind that sends something, to the contact or to others.
fn sending() -> Vec<Value> {
    let who = r#"{{customer.first_name|default("customer")}} {{customer.email|default("no address")}}"#;
    let topic = "arn:aws:sns:eu-central-1:123456789012:couponflow-demo_x";
    vec![
        json!({"id": "hook", "type": "webhook", "url": "https://hooks.example.com/x"}),
        json!({"id": "chat", "type": "notify", "channel": "slack", "url": "https://hooks.example.com/y", "text": who}),
        json!({"id": "topic", "type": "notify", "channel": "sns", "topic_arn": topic, "text": who}),
        json!({"id": "team", "type": "notify", "channel": "email", "to": ["team@example.com"], "subject": who,
            "text": who}),
        mail("thanks"),
    ]
}

/// Returns the steps of [`sending`] after a wait of one hour.
fn later() -> Value {
    let wait = json!({"id": "pause", "type": "wait", "for": "PT1H"});
    [wait].into_iter().chain(sending()).collect()
}

/// Returns all sent messages as one text, and their number.
fn sent(harness: &ExecutorHarness) -> (String, usize) {
    let (mails, posts, topics) = (harness.outbound.mails(), harness.outbound.posts(), harness.outbound.published());
    let count = mails.len() + posts.len() + topics.len();
    let mails = mails.into_iter().flat_map(|mail| {
        let to = mail.to.iter().map(|email| email.as_str().to_owned()).collect::<Vec<_>>();
        let texts = [Some(mail.subject), mail.html, mail.text].into_iter().flatten();
        to.into_iter().chain(texts.map(PersonalText::into_string))
    });
    let posts = posts.into_iter().map(|post| post.body.into_string());
    (mails.chain(posts).chain(topics).collect::<Vec<_>>().join("\n"), count)
}

/// Asserts the number of sent messages, and that none names the customer.
fn check_nameless(harness: &ExecutorHarness, messages: usize, what: &str) {
    let (text, count) = sent(harness);
    assert_eq!(count, messages, "{what}: {text}");
    assert!(!text.contains("Ana") && !text.contains(ANA), "{what}: {text}");
}

async fn contact(harness: &ExecutorHarness) -> Option<Contact> {
    harness.store.contact_by_email(&Email::parse(ANA).unwrap()).await.unwrap()
}

async fn erase(harness: &ExecutorHarness, ms: i64) {
    let ana = contact(harness).await.unwrap();
    harness.clock.set(at(ms));
    assert!(harness.store.erase_contact(&ana, at(ms)).await.unwrap());
}

fn check_cancelled(execution: &Execution) {
    let why = execution.detail.as_deref();
    assert_eq!((execution.status, why), (ExecutionStatus::Cancelled, Some("the contact was erased")), "{execution:#?}");
    assert_eq!(execution.event.data.customer, None);
}

/// An application of the coupon at `at(ms)`.
fn application(coupon: &Coupon, ms: i64) -> Application {
    let checkout = fixtures::checkout(coupon.terms.code.as_str(), "ord_1", ANA);
    let left = couponflow_domain::purchases::pricing::Remainder::of(&checkout.order);
    let price = couponflow_domain::purchases::decision::decide(
        coupon,
        &checkout.order,
        &left,
        checkout.customer.as_ref(),
        at(ms),
    );
    let purchase = checkout.purchase(&coupon.terms.code);
    Application::new(&fixtures::tenant_secret(), fixtures::owner(), coupon, purchase, price.unwrap(), at(ms))
}

#[tokio::test]
async fn a_waiting_execution_of_an_erased_contact_is_cancelled_and_sends_nothing() {
    let (harness, coupon) = harness().await;
    let workflow = harness.publish("later", "coupon_redeemed", later(), json!({})).await;
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, 2000)).await;
    erase(&harness, 3000).await;
    harness.advance_to(2 * HOUR).await;
    check_nameless(&harness, 0, "erased");
    check_cancelled(&harness.execution_of(&workflow).await);
}

#[tokio::test]
async fn a_returning_contact_is_a_new_contact_for_earlier_executions() {
    let (harness, coupon) = harness().await;
    let workflow = harness.publish("later", "coupon_redeemed", later(), json!({})).await;
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, 2000)).await;
    let before = contact(&harness).await.unwrap();
    erase(&harness, 3000).await;
    harness.handle(&harness.applied_event(&coupon, "ord_2", ANA, 4000)).await;
    let after = contact(&harness).await.unwrap();
    assert_eq!(harness.store.contact(&before.id).await.unwrap(), None, "contact ids are never reused");
    assert_eq!(harness.store.contact(&after.id).await.unwrap(), Some(after.clone()));
    harness.advance_to(2 * HOUR).await;
    check_nameless(&harness, 0, "come back");
    check_cancelled(&harness.execution_of(&workflow).await);
}

#[tokio::test]
async fn a_late_event_of_an_erased_customer_runs_without_the_customer() {
    for comes_back in [false, true] {
        let (harness, coupon) = harness().await;
        let steps = Value::from(sending());
        let workflow = harness.publish("now", "coupon_redeemed", steps, json!({})).await;
        harness.handle(&harness.applied_event(&coupon, "ord_1", ANA, 2000)).await;
        let late = harness.redeemed_event(&coupon, "ord_1", ANA, 2500);
        erase(&harness, 3000).await;
        if comes_back {
            harness.handle(&harness.applied_event(&coupon, "ord_2", ANA, 4000)).await;
        }
        harness.handle(&late).await;
        harness.advance_to(2 * HOUR).await;
        check_nameless(&harness, 4, &format!("comes back: {comes_back}"));
        let execution = harness.execution_of(&workflow).await;
        assert_eq!((&execution.contact, &execution.event.data.customer), (&None, &None));
        assert_eq!(steps_of(&execution).last().map(String::as_str), Some("thanks skipped"));
        assert_eq!(contact(&harness).await.is_some(), comes_back);
    }
}

#[tokio::test]
async fn later_events_of_purchases_before_an_erasure_name_no_customer() {
    let purchases: [fn(&ExecutorHarness, &Coupon) -> Event; 3] = [
        |harness, coupon| {
            let snapshot = CouponSnapshot::from(coupon);
            Event::coupon_application_abandoned(&harness.tenant, snapshot, &application(coupon, 2000), at(5000), None)
        },
        |harness, coupon| {
            let snapshot = CouponSnapshot::from(coupon);
            Event::coupon_hold_expired(&harness.tenant, snapshot, &application(coupon, 2000), at(5000), None)
        },
        |harness, coupon| {
            let redemption = fixtures::redemption(coupon, "ord_1", ANA, at(2000));
            let snapshot = CouponSnapshot::from(coupon);
            Event::coupon_redemption_rolled_back(
                &harness.tenant,
                snapshot,
                &redemption,
                RedemptionNumber::FIRST,
                at(5000),
                None,
            )
        },
    ];
    for event in purchases {
        let (harness, coupon) = harness().await;
        let event = event(&harness, &coupon);
        harness.handle(&harness.applied_event(&coupon, "ord_1", ANA, 2000)).await;
        erase(&harness, 3000).await;
        harness.publish("now", event.kind.trigger(), Value::from(sending()), json!({})).await;
        harness.handle(&event).await;
        harness.advance_to(HOUR).await;
        check_nameless(&harness, 4, event.kind.trigger());
        assert_eq!(contact(&harness).await, None, "{} recreates the contact", event.kind);
    }
}

#[tokio::test]
async fn a_repeated_event_after_the_erasure_runs_nothing_again() {
    let (harness, coupon) = harness().await;
    let workflow = harness.publish("now", "coupon_redeemed", Value::from(sending()), json!({})).await;
    let redeemed = harness.redeemed_event(&coupon, "ord_1", ANA, 2000);
    harness.handle(&redeemed).await;
    let (_, before) = sent(&harness);
    erase(&harness, 3000).await;
    harness.handle(&redeemed).await;
    harness.advance_to(HOUR).await;
    assert_eq!(sent(&harness).1, before);
    assert_eq!(harness.execution_of(&workflow).await.status, ExecutionStatus::Completed);
}

#[tokio::test]
async fn a_fan_out_leaves_out_only_the_erased_contact() {
    let (harness, coupon) = harness().await;
    let everyone = json!({"id": "each", "type": "for_each_contact", "audience": {"type": "applied_not_redeemed"},
        "steps": later()});
    let workflow = harness.publish("missed", "coupon_expired", json!([everyone]), json!({})).await;
    for (order, email) in [("ord_1", ANA), ("ord_2", "bo@example.com")] {
        harness.handle(&harness.applied_event(&coupon, order, email, 2000)).await;
    }
    harness.handle(&harness.expired_event(&coupon, 3000)).await;
    harness.advance_to(4000).await;
    erase(&harness, 5000).await;
    harness.advance_to(2 * HOUR).await;
    let (text, count) = sent(&harness);
    assert!(count == 5 && !text.contains(ANA), "only the other contact gets messages: {count} {text}");
    let executions = harness.executions_of(&workflow).await;
    let of = |status| executions.iter().filter(|execution| execution.status == status).collect::<Vec<_>>();
    assert_eq!(
        of(ExecutionStatus::Completed).len(),
        2,
        "the parent execution and that of the other contact are completed"
    );
    let cancelled = of(ExecutionStatus::Cancelled);
    assert_eq!(cancelled.len(), 1);
    check_cancelled(cancelled[0]);
}

#[tokio::test]
async fn a_retried_execution_is_cancelled_after_the_erasure() {
    let (harness, coupon) = harness().await;
    let workflow =
        harness.publish("now", "coupon_redeemed", Value::from(sending()), json!({"on_failure": "stop"})).await;
    harness.outbound.respond_to_posts(410);
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, 2000)).await;
    let failed = harness.execution_of(&workflow).await;
    assert_eq!((failed.status, sent(&harness).1), (ExecutionStatus::Failed, 1));
    erase(&harness, 3000).await;
    assert!(matches!(retry(&harness.store, &harness.clock, &failed.id).await.unwrap(), OperationOutcome::Done(_)));
    harness.advance_to(HOUR).await;
    assert_eq!(sent(&harness).1, 1, "nothing more is sent");
    check_cancelled(&harness.execution_of(&workflow).await);
}

#[tokio::test]
async fn dry_run_and_replay_for_an_erased_customer_name_no_customer() {
    let (harness, coupon) = harness().await;
    let redeemed = harness.redeemed_event(&coupon, "ord_1", ANA, 2000);
    harness.handle(&redeemed).await;
    erase(&harness, 3000).await;
    let steps = Value::from(sending());
    let workflow = harness.publish("late", "coupon_redeemed", steps, json!({})).await;
    let published = harness.store.published(&workflow.id).await.unwrap().unwrap();
    let dry = json!(dry_run(&harness.store, &published, &redeemed, at(4000)).await.unwrap());
    assert!(!dry.to_string().contains("Ana") && !dry.to_string().contains(ANA), "{dry:#}");
    assert_eq!((dry["matches"].as_bool(), dry["steps"].as_array().unwrap().len()), (Some(true), 5));
    let by_address = json!({"trigger": {"type": "coupon_redeemed", "filters": [
        {"field": "contact_email", "operator": "contains", "value": "ana"}]}});
    let by_address = harness.publish("ana", "coupon_redeemed", json!([tag("x")]), by_address).await;
    let by_address = harness.store.published(&by_address.id).await.unwrap().unwrap();
    let dry = json!(dry_run(&harness.store, &by_address, &redeemed, at(4000)).await.unwrap());
    assert!(dry["matches"] == false && !dry.to_string().contains(ANA), "{dry:#}");
    let replayed = async |published| replay(&harness.store, &harness.clock, published, &redeemed).await.unwrap();
    assert_eq!(replayed(&by_address).await, Replayed::NotWanted);
    assert_eq!([replayed(&published).await, replayed(&published).await], [Replayed::Begun, Replayed::RanBefore]);
    harness.advance_to(HOUR).await;
    check_nameless(&harness, 4, "replayed");
}

/// Earlier versions stored executions of an erased contact without the contact, but with the
/// customer in the event.
#[tokio::test]
async fn a_stored_execution_without_a_contact_does_not_leak_the_customer() {
    let (harness, coupon) = harness().await;
    let workflow = harness.publish("later", "manual", later(), json!({})).await;
    let published = harness.store.published(&workflow.id).await.unwrap().unwrap();
    let event = harness.redeemed_event(&coupon, "ord_1", ANA, 2000);
    let entry = entry(&event, None, &published, &[], at(2000));
    let purpose = Purpose::ExecutionWake { execution_id: entry.execution.id.clone() };
    let wake = Timer { tenant_id: harness.tenant.clone(), due_at: at(2000), purpose };
    harness.store.begin(&entry, &wake).await.unwrap();
    harness.advance_to(2 * HOUR).await;
    check_nameless(&harness, 4, "stored");
    assert_eq!(harness.execution_of(&workflow).await.event.data.customer, None);
}
