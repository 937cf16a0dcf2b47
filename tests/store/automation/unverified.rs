//! Customers whom only requests with a `storefront` key have named: what such requests change of a contact, and which
//! e-mails these customers get.

use std::sync::Arc;

use couponflow_app::contacts::ports::ContactStore as _;
use couponflow_app::coupons::cache::CouponCache;
use couponflow_app::delivery::ports::DeliveryStore as _;
use couponflow_app::kernel::system::Rng as _;
use couponflow_app::purchases::redeem::{Redeemed, redeem};
use couponflow_domain::contacts::contact::{Contact, ContactDetails};
use couponflow_domain::delivery::webhook::SigningSecret;
use couponflow_domain::events::event::Event;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::ids::SigningSecretId;
use couponflow_domain::purchases::RedeemRequest;
use couponflow_domain::purchases::customer::{Customer, Email};
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::{at, stored_contact, stored_coupon};
use couponflow_tests::harness::{ExecutorHarness, steps_of};
use couponflow_tests::steps::mail;
use serde_json::{Value, json};

const ANA: &str = "ana@example.com";

fn customer(id: Option<&str>, first_name: &str) -> Customer {
    let email = Some(Email::parse(ANA).unwrap());
    Customer { email, id: id.map(Into::into), first_name: Some(first_name.into()), last_name: None, verified: true }
}

/// The event of a request in which a browser named the customer.
fn from_browser(mut event: Event) -> Event {
    event.data.customer = event.data.customer.map(Customer::unverified);
    event
}

async fn state(harness: &ExecutorHarness, customer: &Customer, ms: i64) -> Contact {
    harness.store.upsert_contact(customer, at(ms), harness.clock.bits()).await.unwrap().unwrap()
}

fn shown(contact: &Contact) -> (Option<&str>, Option<&str>, bool) {
    (contact.customer_id.as_deref(), contact.first_name.as_deref(), contact.verified)
}

#[tokio::test]
async fn a_claim_changes_nothing_of_a_contact_that_the_shop_has_stated() {
    let harness = ExecutorHarness::new().await;
    let mallory = customer(Some("mallory"), "Mallory").unverified();
    for (i, known) in [json!({"email": ANA}), json!({"email": "bo@example.com", "first_name": "Bo"})].iter().enumerate()
    {
        let contact = stored_contact(&harness.store, known.clone()).await;
        let claim = Customer { email: contact.email.clone(), ..mallory.clone() };
        assert_eq!(state(&harness, &claim, 10 + i as i64).await, contact);
        assert_eq!(harness.store.contact(&contact.id).await.unwrap(), Some(contact));
    }
}

#[tokio::test]
async fn a_verified_statement_replaces_an_earlier_claim() {
    let harness = ExecutorHarness::new().await;
    let claimed = state(&harness, &customer(Some("mallory"), "Mallory").unverified(), 50).await;
    assert_eq!(shown(&claimed), (None, Some("Mallory"), false), "a claim attaches no customer id to an address");
    let again = state(&harness, &customer(Some("other"), "Other").unverified(), 60).await;
    assert_eq!(shown(&again), (None, Some("Mallory"), false), "a second claim changes nothing");
    let verified = state(&harness, &customer(Some("cust_1"), "Ana"), 40).await;
    assert_eq!(shown(&verified), (Some("cust_1"), Some("Ana"), true), "even if the statement is older");
    let late = state(&harness, &customer(Some("mallory"), "Mallory").unverified(), 70).await;
    assert_eq!(late, verified);
}

#[tokio::test]
async fn an_edit_by_the_shop_verifies_a_contact() {
    let harness = ExecutorHarness::new().await;
    let claimed = state(&harness, &customer(None, "Mallory").unverified(), 50).await;
    let details = ContactDetails { first_name: Some("Ana".into()), ..ContactDetails::from(&claimed) };
    let edited = claimed.edited(details, at(60)).unwrap();
    assert!(harness.store.edit_contact(&claimed, &edited, at(60)).await.unwrap());
    let stored = harness.store.contact(&claimed.id).await.unwrap().unwrap();
    assert_eq!(shown(&stored), (None, Some("Ana"), true));
}

#[tokio::test]
async fn a_redemption_by_application_keeps_the_claim_of_the_browser() {
    let harness = ExecutorHarness::new().await;
    stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let checkout = fixtures::checkout("FLASH20", "ord_1", ANA).with_unverified_customer();
    let application = fixtures::apply_single(&harness.store, &checkout, at(10)).await.unwrap();
    let order = Arc::clone(&checkout.order);
    let by_application = RedeemRequest::Application { application_id: application.id.clone(), order };
    let by_code = RedeemRequest::Checkout(fixtures::checkout("FLASH20", "ord_2", ANA));
    for (request, is_verified) in [(by_application, false), (by_code, true)] {
        let (cache, tenant) = (CouponCache::default(), &harness.tenant);
        let redeemed =
            redeem(&harness.store, &cache, tenant, request, at(20), &CorrelationId::new("request_1")).await.unwrap();
        let Redeemed::Redemptions(redemptions) = redeemed else { panic!("{redeemed:?}") };
        assert_eq!(redemptions.first().customer.as_ref().map(|customer| customer.verified), Some(is_verified));
    }
}

#[tokio::test]
async fn an_unverified_customer_gets_an_email_only_if_the_step_says_so() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let mut open = mail("open");
    open["to_unverified"] = json!(true);
    let steps = json!([mail("closed"), open]);
    let workflow = harness.publish("both", "coupon_applied", steps, json!({"re_entry": true})).await;
    harness.handle(&from_browser(harness.applied_event(&coupon, "ord_1", ANA, 2000))).await;
    let execution = harness.execution_of(&workflow).await;
    assert_eq!(steps_of(&execution), ["closed skipped", "open completed"]);
    let why = execution.steps[0].detail.clone().unwrap();
    assert!(why.contains("unverified") && why.contains("to_unverified"), "{why}");
    harness.handle(&harness.applied_event(&coupon, "ord_2", "bo@example.com", 3000)).await;
    assert_eq!(harness.outbound.subjects(), ["open", "closed", "open"], "a verified customer gets both");
}

#[tokio::test]
async fn a_fan_out_sends_to_unverified_contacts_only_if_the_step_says_so() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "EARLYBIRD25", json!({})).await;
    harness.handle(&from_browser(harness.applied_event(&coupon, "ord_1", ANA, 2000))).await;
    harness.handle(&harness.applied_event(&coupon, "ord_2", "bo@example.com", 3000)).await;
    let mut open = mail("open");
    open["to_unverified"] = json!(true);
    let each = json!([{"id": "each", "type": "for_each_contact", "audience": {"type": "applied_not_redeemed"},
        "steps": [mail("closed"), open]}]);
    harness.publish("over", "coupon_expired", each, json!({})).await;
    harness.handle(&harness.expired_event(&coupon, 4000)).await;
    harness.advance_to(60_000).await;
    let mut sent: Vec<(String, String)> = harness
        .outbound
        .mails()
        .into_iter()
        .map(|mail| (mail.to[0].as_str().to_owned(), mail.subject.into_string()))
        .collect();
    sent.sort();
    let expected = [(ANA, "open"), ("bo@example.com", "closed"), ("bo@example.com", "open")];
    assert_eq!(sent, expected.map(|(to, subject)| (to.to_owned(), subject.to_owned())));
}

#[tokio::test]
async fn a_link_in_a_stated_name_is_no_link_in_a_message() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let step = json!({"id": "hello", "type": "send_email", "to_unverified": true,
        "subject": "Hello {{customer.first_name}}", "text": "{{order.id}}"});
    let hook = json!({"id": "hook", "type": "webhook", "url": "https://hooks.example.com/",
        "body": {"name": "{{customer.first_name}}"}});
    harness.publish("hello", "coupon_applied", json!([step, hook]), json!({})).await;
    let secret = SigningSecret::new(SigningSecretId::new(at(0), [1; 10]), [[1; 10]; 3], at(0));
    harness.store.rotate_signing_secret(secret, at(0)).await.unwrap();
    let mut event = from_browser(harness.applied_event(&coupon, "pay.evil.example/1", ANA, 2000));
    let phishing = "Pay now at https://evil.example/pay, or your parcel is lost";
    event.data.customer =
        event.data.customer.map(|customer| Customer { first_name: Some(phishing.into()), ..customer });
    harness.handle(&event).await;
    let sent = &harness.outbound.mails()[0];
    assert_eq!(sent.subject, "Hello Pay now at https evil. example pay, or y…");
    assert_eq!(sent.text.as_deref(), Some("pay. evil. example 1"));
    let body: Value = serde_json::from_str(&harness.outbound.posts()[0].body).unwrap();
    assert_eq!(body["name"], json!(phishing), "a program gets the name as it was stated");
}
