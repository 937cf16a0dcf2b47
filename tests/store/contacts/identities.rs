//! One person with several identities: another address, only a customer id, or another spelling of
//! the address.

use aws_sdk_dynamodb::types::AttributeValue;
use couponflow_app::automation::dry_run::dry_run;
use couponflow_app::automation::ports::AutomationStore as _;
use couponflow_app::contacts::ports::{ContactStore as _, CreateContactOutcome};
use couponflow_app::kernel::page::PageRequest;
use couponflow_app::purchases::ports::{PurchaseStore as _, RedemptionQuery};
use couponflow_domain::automation::execution::ExecutionStatus;
use couponflow_domain::contacts::audience::Audience;
use couponflow_domain::contacts::contact::Contact;
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::delivery::mail::SuppressionReason;
use couponflow_domain::events::event::{Event, EventType};
use couponflow_domain::kernel::digest::key80;
use couponflow_domain::kernel::ids::ContactId;
use couponflow_domain::purchases::customer::{Customer, Email};
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::{at, purchase_body, stored_coupon};
use couponflow_tests::harness::ExecutorHarness;
use serde_json::{Value, json};

use crate::coupon_harness::CouponHarness;

const MINUTE: i64 = 60_000;
const ACCOUNT: &str = "account@example.com";
const BILLING: &str = "billing@example.com";

/// Builds a `notify` step to colleagues. The step does not depend on the customer of the event.
fn tell(id: &str) -> Value {
    json!({"id": id, "type": "notify", "channel": "email", "to": ["team@example.com"], "subject": id, "text": "t"})
}

fn customer(document: &Value) -> Option<Customer> {
    (!document.is_null()).then(|| serde_json::from_value(document.clone()).unwrap())
}

fn by(mut event: Event, customer_document: &Value) -> Event {
    event.data.customer = customer(customer_document);
    event
}

/// The cases. Each has the customer who applied a code to `ord_1`, the redeemed order, the customer
/// who redeemed, and whether apply and redeem belong to the same purchase or person.
fn cases() -> Vec<(Value, &'static str, Value, bool)> {
    vec![
        (json!({"email": ACCOUNT, "id": "X"}), "ord_1", json!({"email": BILLING, "id": "X"}), true),
        (json!({"email": ACCOUNT, "id": "X"}), "ord_2", json!({"email": BILLING, "id": "X"}), true),
        (json!({"email": ACCOUNT, "id": "X"}), "ord_2", json!({"id": "X"}), true),
        (json!({"id": "X"}), "ord_2", json!({"email": BILLING, "id": "X"}), true),
        (json!({"email": ACCOUNT}), "ord_1", json!({"email": BILLING}), true),
        (json!({"email": ACCOUNT}), "ord_1", Value::Null, true),
        (Value::Null, "ord_1", json!({"email": BILLING}), true),
        (json!({"email": ACCOUNT, "id": "X"}), "ord_2", json!({"email": BILLING, "id": "Y"}), false),
        (Value::Null, "ord_2", Value::Null, false),
    ]
}

async fn rows(harness: &ExecutorHarness, kind: &str) -> usize {
    let items = harness.dynamo.client.scan().table_name("couponflow").send().await.unwrap().items.unwrap();
    items.iter().filter(|item| item.get("kind") == Some(&AttributeValue::S(kind.to_owned()))).count()
}

#[tokio::test]
async fn a_redemption_ends_reminders_whatever_address_it_names() {
    for (applied_by, order, redeemed_by, is_same) in cases() {
        for redemption_comes_first in [false, true] {
            let harness = ExecutorHarness::new().await;
            harness.confirm("team@example.com").await;
            let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
            let wait = json!([{"id": "back", "type": "wait_for_event", "event": "coupon_redeemed", "timeout": "PT1H",
                "then": [tell("thanks")], "on_timeout": [tell("reminder")]}]);
            harness.publish("waits", "coupon_applied", wait, json!({})).await;
            let nag = json!([{"id": "pause", "type": "wait", "for": "PT1M"}, tell("nagging")]);
            harness.publish("stops", "coupon_applied", nag, json!({"stop_on_redemption": true})).await;
            let applied = by(harness.applied_event(&coupon, "ord_1", ACCOUNT, 2000), &applied_by);
            let redeemed = by(harness.redeemed_event(&coupon, order, BILLING, 3000), &redeemed_by);
            let events = if redemption_comes_first { [&redeemed, &applied] } else { [&applied, &redeemed] };
            for event in events {
                harness.handle(event).await;
            }
            harness.advance_to(120 * MINUTE).await;
            let mut sent = harness.outbound.subjects();
            sent.sort_unstable();
            let context =
                format!("{applied_by} and {redeemed_by} on {order}, redeemed first: {redemption_comes_first}");
            match (is_same, applied_by.is_null()) {
                (true, _) => assert_eq!(sent, ["thanks"], "{context}"),
                // The redemption is by another customer, or both customers are anonymous and the
                // orders differ. Nothing links the redemption to the application.
                (false, _) => assert_eq!(sent, ["nagging", "reminder"], "{context}"),
            }
            assert_eq!(rows(&harness, "LISTENER").await, 0, "an ended execution still listens: {context}");
        }
    }
}

#[tokio::test]
async fn a_known_customer_id_links_purchases_under_another_address() {
    let harness = ExecutorHarness::new().await;
    harness.confirm("team@example.com").await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let known = customer(&json!({"email": ACCOUNT, "id": "X"})).unwrap();
    harness.store.upsert_contact(&known, at(0), [1; 10]).await.unwrap().unwrap();
    let nag = json!([{"id": "pause", "type": "wait", "for": "PT1M"}, tell("nagging")]);
    let stops = harness.publish("stops", "coupon_applied", nag, json!({"stop_on_redemption": true})).await;
    harness.handle(&harness.applied_event(&coupon, "ord_1", ACCOUNT, 2000)).await;
    harness
        .handle(&by(harness.redeemed_event(&coupon, "ord_2", BILLING, 3000), &json!({"email": BILLING, "id": "X"})))
        .await;
    assert_eq!(harness.execution_of(&stops).await.status, ExecutionStatus::Cancelled);
}

#[tokio::test]
async fn a_fan_out_execution_reacts_only_to_its_contacts_purchases() {
    let harness = ExecutorHarness::new().await;
    harness.confirm("team@example.com").await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    for name in ["bo", "cy"] {
        let details = json!({"email": format!("{name}@example.com"), "customer_id": name, "lists": ["all"]});
        fixtures::stored_contact(&harness.store, details).await;
    }
    let wait = json!({"id": "back", "type": "wait_for_event", "event": "coupon_redeemed", "timeout": "PT1H",
        "then": [tell("thanks")], "on_timeout": [tell("reminder")]});
    let each = json!([{"id": "each", "type": "for_each_contact", "audience": {"type": "list", "list": "all"},
        "steps": [wait]}]);
    harness.publish("each", "coupon_applied", each, json!({})).await;
    harness.handle(&harness.applied_event(&coupon, "ord_1", ACCOUNT, 2000)).await;
    harness.advance_to(5000).await;
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ACCOUNT, 6000)).await;
    harness
        .handle(&by(harness.redeemed_event(&coupon, "ord_2", BILLING, 7000), &json!({"email": BILLING, "id": "cy"})))
        .await;
    harness.advance_to(120 * MINUTE).await;
    let mut sent = harness.outbound.subjects();
    sent.sort_unstable();
    assert_eq!(sent, ["reminder", "thanks"], "bo is reminded; cy has redeemed");
}

async fn members(harness: &ExecutorHarness, coupon: &Coupon) -> (Vec<ContactId>, Vec<ContactId>) {
    let id = || Some(coupon.id.clone());
    let (open, redeemed) = (Audience::AppliedNotRedeemed { coupon_id: id() }, Audience::Redeemed { coupon_id: id() });
    let open = harness.store.audience(&open, None, 100).await.unwrap().data;
    (open, harness.store.audience(&redeemed, None, 100).await.unwrap().data)
}

#[tokio::test]
async fn audiences_link_a_purchase_whatever_address_pays() {
    for (applied_by, order, redeemed_by, is_same) in cases() {
        for redemption_comes_first in [false, true] {
            let harness = ExecutorHarness::new().await;
            let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
            let applied = by(harness.applied_event(&coupon, "ord_1", ACCOUNT, 2000), &applied_by);
            let redeemed = by(harness.redeemed_event(&coupon, order, BILLING, 3000), &redeemed_by);
            let mut events = vec![&applied, &redeemed];
            if redemption_comes_first {
                events.reverse();
            }
            for event in events.iter().chain(&events) {
                harness.handle(event).await;
            }
            let context =
                format!("{applied_by} and {redeemed_by} on {order}, redeemed first: {redemption_comes_first}");
            let (open, bought) = members(&harness, &coupon).await;
            let expected = usize::from(!is_same && !applied_by.is_null());
            assert_eq!(open.len(), expected, "applied, not redeemed: {context}");
            let redemptions = usize::from(!redeemed_by.is_null());
            assert_eq!(bought.len(), redemptions, "only the redeeming customer is in the audience: {context}");
            let mut rolled_back = redeemed.clone();
            rolled_back.kind = EventType::CouponRedemptionRolledBack;
            rolled_back.metadata.event_id = couponflow_domain::kernel::ids::EventId::new(at(4000), [9; 10]);
            harness.handle(&rolled_back).await;
            let (open, bought) = members(&harness, &coupon).await;
            assert_eq!(open.len(), usize::from(!applied_by.is_null()), "rolled back: {context}");
            assert!(bought.is_empty(), "rolled back: {context}");
        }
    }
}

#[tokio::test]
async fn a_redemption_under_another_address_prevents_abandonment() {
    let mut harness = CouponHarness::with(json!({"abandonment_window": "PT30M"})).await;
    let known = customer(&json!({"email": ACCOUNT, "id": "X"})).unwrap();
    harness.store.upsert_contact(&known, at(0), [1; 10]).await.unwrap();
    harness.apply_body(&purchase_body("FLASH20", "ord_1", ACCOUNT), 0).await.unwrap();
    harness.apply_body(&purchase_body("FLASH20", "ord_3", "other@example.com"), 0).await.unwrap();
    let mut paid = purchase_body("FLASH20", "ord_2", BILLING);
    paid["customer"]["id"] = json!("X");
    harness.shop.redeem_body(&paid, 10 * MINUTE).await.unwrap();
    harness.relay().await;
    harness.fire_due(31 * MINUTE).await;
    let abandoned = harness.relay().await;
    let order = |event: &Event| event.data.order.as_ref().unwrap().id.clone();
    let orders: Vec<String> = abandoned.of("CouponApplicationAbandoned").iter().map(order).collect();
    assert_eq!(orders, ["ord_3"]);
}

#[tokio::test]
async fn contact_data_fills_the_merge_fields_of_runs_and_dry_runs() {
    let harness = ExecutorHarness::new().await;
    harness.confirm("team@example.com").await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let details = json!({"email": ACCOUNT, "customer_id": "X", "first_name": "Ana"});
    fixtures::stored_contact(&harness.store, details).await;
    let hello = "Hello {{customer.first_name|default('customer')}} {{customer.last_name|default('')}} \
                 {{customer.id|default('')}}";
    let thank = json!([
        {"id": "mail", "type": "send_email", "subject": hello, "text": "t"},
        {"id": "team", "type": "notify", "channel": "email", "to": ["team@example.com"], "subject": hello, "text": "t"}]);
    let workflow = harness.publish("thanks", "coupon_redeemed", thank, json!({"re_entry": true})).await;
    let published = harness.store.published(&workflow.id).await.unwrap().unwrap();
    for (ms, named, expected) in [
        (2000, json!({"email": ACCOUNT}), "Hello Ana  X"),
        (3000, json!({"email": ACCOUNT, "first_name": "Mallory", "last_name": "Silva"}), "Hello Ana Silva X"),
        (4000, json!({"email": ACCOUNT, "last_name": "Silveira"}), "Hello Ana Silveira X"),
        (5000, json!({"email": ACCOUNT}), "Hello Ana Silveira X"),
        (6000, json!({"email": BILLING}), "Hello customer  "),
    ] {
        let order = format!("ord_{ms}");
        let redeemed = by(harness.redeemed_event(&coupon, &order, ACCOUNT, ms), &named);
        let dry = dry_run(&harness.store, &published, &redeemed, at(ms)).await.unwrap();
        let planned: Vec<&Value> = dry.steps.iter().map(|step| &step.input.as_ref().unwrap()["subject"]).collect();
        assert_eq!(planned, [expected, expected], "{named}");
        harness.handle(&redeemed).await;
        let sent = harness.outbound.subjects();
        assert_eq!(sent[sent.len() - 2..], [expected, expected], "{named}");
    }
}

const UNICODE: &str = "ana@m\u{fc}nchen.example";
const DECOMPOSED: &str = "Ana@mu\u{308}nchen.example";
const ASCII: &str = "ana@xn--mnchen-3ya.example";

fn named(email: &str) -> Customer {
    Customer { email: Some(Email::parse(email).unwrap()), id: None, first_name: None, last_name: None, verified: true }
}

#[tokio::test]
async fn all_spellings_of_a_domain_are_one_contact_and_one_suppression() {
    let harness = ExecutorHarness::new().await;
    let made = fixtures::stored_contact(&harness.store, json!({"email": UNICODE})).await;
    assert_eq!(made.email.as_ref().unwrap().as_str(), UNICODE, "the address is shown as it was given");
    for (spelling, ms) in std::iter::zip([UNICODE, DECOMPOSED, ASCII], [10, 20, 30]) {
        let email = Email::parse(spelling).unwrap();
        assert_eq!(harness.store.contact_by_email(&email).await.unwrap().unwrap().id, made.id, "{spelling}");
        let again = fixtures::contact(json!({"email": spelling}));
        let existing = CreateContactOutcome::Existing(made.id.clone());
        assert_eq!(harness.store.create_contact(&again).await.unwrap(), existing, "{spelling}");
        let seen = harness.store.upsert_contact(&named(spelling), at(ms), [1; 10]).await.unwrap().unwrap();
        assert_eq!(seen.id, made.id, "{spelling}");
        harness.store.suppress(&email, SuppressionReason::Bounced, at(ms)).await.unwrap();
        for other in [UNICODE, DECOMPOSED, ASCII] {
            let is_suppressed = harness.store.suppressions(&[Email::parse(other).unwrap()]).await.unwrap() != [None];
            assert!(is_suppressed, "{spelling} and {other}");
        }
        assert!(harness.store.lift(&email, at(ms + 1)).await.unwrap());
    }
}

#[tokio::test]
async fn customer_limit_and_lists_accept_every_spelling_of_a_domain() {
    let mut harness = CouponHarness::with(json!({"max_redemptions_per_customer": 1})).await;
    let redeem = async |harness: &CouponHarness, order: &str, email: &str| {
        harness.shop.redeem_body(&purchase_body("FLASH20", order, email), 0).await.map(|_| ())
    };
    assert_eq!(redeem(&harness, "ord_1", DECOMPOSED).await, Ok(()));
    for spelling in [UNICODE, DECOMPOSED, ASCII] {
        assert_eq!(redeem(&harness, "ord_2", spelling).await, Err(Rejection::CustomerLimitReached), "{spelling}");
    }
    harness.relay().await;
    for spelling in [UNICODE, DECOMPOSED, ASCII] {
        let query = RedemptionQuery { customer_email: Some(Email::parse(spelling).unwrap()), ..Default::default() };
        let page = harness.store.redemptions(&query, &PageRequest { limit: 10, cursor: None }).await.unwrap();
        assert_eq!(page.data.len(), 1, "{spelling}");
    }
}

#[tokio::test]
async fn contacts_under_an_earlier_versions_key_stay_unsubscribed() {
    let harness = ExecutorHarness::new().await;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let former = |kind: &str| format!("t#demo#{kind}#{}", key80(&["email", UNICODE]));
    let id = ContactId::new(at(0), couponflow_domain::kernel::digest::bits80(&["email", UNICODE]));
    let withdrawn = AttributeValue::M([("email".to_owned(), text("withdrawn"))].into());
    let number = |number: &str| AttributeValue::N(number.to_owned());
    let contact = [
        ("pk", text(&former("contact"))),
        ("sk", text("contact")),
        ("kind", text("CONTACT")),
        ("id", text(id.as_str())),
        ("email", text(UNICODE)),
        ("consent", withdrawn),
        ("unsubscribe_token", text("0123456789ABCDEF")),
        ("version", number("1")),
        ("created_at_ms", number("0")),
    ];
    let suppression = [
        ("pk", text(&former("suppression"))),
        ("sk", text("suppression")),
        ("kind", text("SUPPRESSION")),
        ("reason", text("bounced")),
        ("at_ms", number("5")),
    ];
    for item in [contact.to_vec(), suppression.to_vec()] {
        let item = item.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        harness.dynamo.client.put_item().table_name("couponflow").set_item(Some(item)).send().await.unwrap();
    }
    for spelling in [UNICODE, DECOMPOSED, ASCII] {
        let seen: Contact = harness.store.upsert_contact(&named(spelling), at(9), [1; 10]).await.unwrap().unwrap();
        assert_eq!((&seen.id, seen.consent.is_withdrawn()), (&id, true), "{spelling}");
        let email = Email::parse(spelling).unwrap();
        assert!(harness.store.suppressions(&[email]).await.unwrap() != [None], "{spelling}");
        let made = harness.store.create_contact(&fixtures::contact(json!({"email": spelling}))).await.unwrap();
        assert_eq!(made, CreateContactOutcome::Existing(id.clone()), "{spelling}");
    }
}
