//! The table contains no data of an erased contact who had redeemed codes, had been rejected and had received messages.

use aws_sdk_dynamodb::types::AttributeValue;
use couponflow_app::automation::ports::{AutomationStore as _, ExecutionQuery};
use couponflow_app::contacts::edit::{Erased, erase};
use couponflow_app::contacts::ports::ContactStore as _;
use couponflow_app::coupons::cache::CouponCache;
use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_app::delivery::ports::DeliveryStore as _;
use couponflow_app::kernel::page::PageRequest;
use couponflow_app::purchases::ports::{PurchaseStore as _, RedemptionQuery};
use couponflow_app::purchases::redeem::redeem;
use couponflow_app::purchases::roll_back::roll_back;
use couponflow_app::tenants::idempotency::{ClaimOutcome, KeyedRequest, Seed};
use couponflow_app::tenants::ports::AccessStore as _;
use couponflow_domain::contacts::contact::Contact;
use couponflow_domain::coupons::coupon::RollbackReason;
use couponflow_domain::delivery::webhook::SigningSecret;
use couponflow_domain::events::contact_erased::ContactErased;
use couponflow_domain::events::event::Event;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::digest::bits80;
use couponflow_domain::kernel::ids::{CouponId, RedemptionId, SigningSecretId};
use couponflow_domain::kernel::input;
use couponflow_domain::purchases::customer::Email;
use couponflow_domain::purchases::{Checkout, RedeemRequest};
use couponflow_tests::fixtures::{apply_codes, at, purchase_body, stored_contact, stored_coupon};
use couponflow_tests::harness::ExecutorHarness;
use couponflow_tests::relayed::{RelayOutput, Stream};
use serde_json::{Value, json};

const EMAIL: &str = "quetzalina.xylander@example.com";
const OTHER: &str = "bo@example.com";
const SECOND: i64 = 1000;

/// Instant of the erasure, in milliseconds after `at(0)`.
const ERASED: i64 = 100 * SECOND;

/// The data that identifies the contact.
const SEEDS: [&str; 4] = [EMAIL, "Quetzalina", "Xylanderson", "customer-qz-7731"];

struct Story {
    harness: ExecutorHarness,
    stream: Stream,
    cache: CouponCache,
    /// Events about completed erasures.
    erasures: Vec<ContactErased>,
}

/// The body of a purchase by the contact, or by another customer.
fn body(code: &str, order: &str, email: &str) -> Value {
    let mut body = purchase_body(code, order, email);
    if email == EMAIL {
        body["customer"] = json!({"email": email, "id": SEEDS[3], "first_name": SEEDS[1], "last_name": SEEDS[2]});
    }
    body
}

impl Story {
    /// Starts with coupons, a workflow that sends messages and generates a coupon, and a contact.
    async fn begin() -> Self {
        let harness = ExecutorHarness::new().await;
        let stream = Stream::of(&harness.dynamo);
        let store = &harness.store;
        let secret = SigningSecret::new(SigningSecretId::new(at(0), [1; 10]), [[1; 10]; 3], at(0));
        store.rotate_signing_secret(secret, at(0)).await.unwrap();
        stored_coupon(store, "FLASH20", json!({"abandonment_window": "P9D", "max_redemptions_per_customer": 9})).await;
        stored_coupon(store, "ENDED", json!({"expires_at": at(1)})).await;
        stored_coupon(store, "FORHER", json!({"only_for": {"email": EMAIL}})).await;
        stored_coupon(store, "FORBO", json!({"only_for": {"email": OTHER}})).await;
        let steps = json!([
            {"id": "mail", "type": "send_email", "subject": "Hi {{customer.first_name}}", "text": "{{customer.email}}"},
            {"id": "hook", "type": "webhook", "url": "https://hooks.example.com/x"},
            {"id": "bonus", "type": "generate_coupon", "prefix": "BONUS", "expires_in": "P9D", "only_for_contact": true,
             "coupon": {"name": "Bonus", "discount": {"type": "percentage", "percent_off": 5}}}]);
        harness.publish("ended", "coupon_redeemed", steps, json!({"re_entry": true})).await;
        let waits = json!([{"id": "pause", "type": "wait", "for": "P300D"},
            {"id": "late", "type": "send_email", "subject": "Hi", "text": "{{customer.email}}"}]);
        harness.publish("waits", "coupon_applied", waits, json!({"re_entry": true})).await;
        let details = json!({"email": EMAIL, "customer_id": SEEDS[3], "first_name": SEEDS[1], "last_name": SEEDS[2],
            "tags": ["VIP"], "consent": {"email": "granted", "source": "checkout"}});
        stored_contact(store, details).await;
        Self { harness, stream, cache: CouponCache::default(), erasures: Vec::new() }
    }

    async fn apply(&self, code: &str, order: &str, email: &str, ms: i64) {
        let checkout = input::read(&body(code, order, email), Checkout::read).unwrap();
        // Both outcomes leave a record: an application or a rejected attempt.
        apply_codes(&self.harness.store, &checkout, at(ms), &format!("apply-{order}")).await.unwrap();
    }

    async fn redeem(&self, code: &str, order: &str, email: &str, ms: i64) {
        let request = input::read(&body(code, order, email), RedeemRequest::read).unwrap();
        let ExecutorHarness { store, tenant, .. } = &self.harness;
        redeem(store, &self.cache, tenant, request, at(ms), &CorrelationId::new(format!("redeem-{order}")))
            .await
            .unwrap();
    }

    /// Relays all changes, handles the events, and fires the timers that are due. Returns the events.
    async fn advance(&mut self, ms: i64) -> Vec<Event> {
        let mut handled = Vec::new();
        for _ in 0..2 {
            let RelayOutput { events, erasures, .. } = self.stream.relay(&self.harness.table, at(ms)).await;
            self.erasures.extend(erasures);
            for event in &events {
                self.harness.handle_with(&self.harness.table, event).await.unwrap();
            }
            handled.extend(events);
            self.harness.advance_to(ms).await;
        }
        self.erasures.extend(self.stream.relay(&self.harness.table, at(ms)).await.erasures);
        handled
    }

    /// The contact and another customer apply codes, redeem codes and are rejected. One redemption of the contact is
    /// then rolled back.
    async fn purchases(&mut self) {
        for (email, orders) in [(EMAIL, ["a", "b", "c", "d", "e"]), (OTHER, ["f", "g", "h", "i", "j"])] {
            self.apply("FLASH20", orders[0], email, SECOND).await;
            self.redeem("FLASH20", orders[1], email, 2 * SECOND).await;
            self.redeem("FLASH20", orders[2], email, 3 * SECOND).await;
            self.apply("ENDED", orders[3], email, 4 * SECOND).await;
            self.redeem("ENDED", orders[4], email, 5 * SECOND).await;
        }
        self.advance(10 * SECOND).await;
        let redemptions = self.redemptions().await;
        let back = redemptions.iter().find(|(_, order)| order == "c").unwrap();
        let store = self.harness.store.clone();
        roll_back(&store, &back.0, RollbackReason::Refunded, at(11 * SECOND), &CorrelationId::new("refund"))
            .await
            .unwrap()
            .unwrap();
        self.advance(20 * SECOND).await;
        let seed = Seed { at: at(12 * SECOND), bits: [1; 10] };
        let ClaimOutcome::Claimed(claim) = store.claim_request(&request(), seed).await.unwrap() else { panic!() };
        let contact = self.contact().await.unwrap();
        assert!(
            store.record_answer(&claim, &format!("{{\"email\":\"{EMAIL}\"}}"), Some(contact.id.key())).await.unwrap()
        );
    }

    async fn redemptions(&self) -> Vec<(RedemptionId, String)> {
        let page = PageRequest { limit: 100, cursor: None };
        let listed = self.harness.store.redemptions(&RedemptionQuery::default(), &page).await.unwrap().data;
        listed.into_iter().map(|redemption| (redemption.id, redemption.order.id.clone())).collect()
    }

    async fn contact(&self) -> Option<Contact> {
        self.harness.store.contact_by_email(&Email::parse(EMAIL).unwrap()).await.unwrap()
    }

    async fn erase(&self) {
        let contact = self.contact().await.unwrap();
        self.harness.clock.set(at(ERASED));
        assert_eq!(erase(&self.harness.store, &contact.id, |_| true, at(ERASED)).await.unwrap(), Erased::Done);
    }

    /// The items of the table that contain data of the contact, by kind and key.
    async fn leaks(&self) -> Vec<String> {
        let items = self.harness.dynamo.client.scan().table_name("couponflow").into_paginator().items().send();
        let items = items.collect::<Result<Vec<_>, _>>().await.unwrap();
        assert!(items.len() > 30, "{} items", items.len());
        let is_leak = |text: &str| SEEDS.iter().any(|seed| text.contains(seed));
        let leaks = items.into_iter().filter(|item| is_leak(&format!("{item:?}")));
        leaks.map(|item| format!("{:?} {:?}", item.get("kind"), item["pk"])).collect()
    }

    /// Changes applications, rejections and generated coupons to the form of earlier versions, which did not list them
    /// under the customer.
    async fn forget_person_entries(&self) {
        let client = &self.harness.dynamo.client;
        let items = client.scan().table_name("couponflow").into_paginator().items().send();
        let mut changed = 0;
        for item in items.collect::<Result<Vec<_>, _>>().await.unwrap() {
            let is_person = |pk: &AttributeValue| pk.as_s().is_ok_and(|pk| pk.contains("#person#"));
            let kind = item.get("kind").and_then(|kind| kind.as_s().ok()).map_or("", String::as_str);
            let is_generated = format!("{item:?}").contains("BONUS");
            let is_former = matches!(kind, "APPLICATION" | "REJECTION") || (kind == "TERMS" && is_generated);
            if is_former && item.get("gsi1pk").is_some_and(is_person) {
                let update = client.update_item().table_name("couponflow").key("pk", item["pk"].clone());
                let update = update.key("sk", item["sk"].clone()).update_expression("REMOVE gsi1pk, gsi1sk");
                update.send().await.unwrap();
                changed += 1;
            }
        }
        assert!(changed >= 6, "{changed} items changed");
    }
}

fn request() -> KeyedRequest {
    KeyedRequest { key: "key".to_owned(), fingerprint: "fingerprint".to_owned() }
}

#[tokio::test]
async fn no_item_contains_data_of_an_erased_contact() {
    let mut story = Story::begin().await;
    story.purchases().await;
    let before = story.leaks().await;
    for kind in ["APPLICATION", "REDEMPTION", "REJECTION", "EVENT", "EXECUTION", "TERMS", "REQUEST", "CONTACT"] {
        assert!(before.iter().any(|leak| leak.contains(&format!("\"{kind}\""))), "no item of kind {kind}: {before:#?}");
    }
    let contact = story.contact().await.unwrap();
    story.erase().await;
    story.advance(ERASED + 60 * SECOND).await;
    assert_eq!(story.erasures, [], "the erasure is complete before its last pass");
    story.advance(ERASED + 600 * SECOND).await;
    assert_eq!(story.leaks().await, Vec::<String>::new());
    let [erased] = &story.erasures[..] else { panic!("{:?}", story.erasures) };
    assert_eq!(erased.data.contact.id, contact.id);

    let store = &story.harness.store;
    let page = PageRequest { limit: 100, cursor: None };
    let executions = store.executions(&ExecutionQuery::default(), &page).await.unwrap().data;
    let of_other = executions.iter().filter(|execution| execution.event.data.customer.is_some()).count();
    assert!(of_other >= 3 && executions.len() >= 6, "the other customer keeps {of_other} of {}", executions.len());
    let by_other = RedemptionQuery { customer_email: Some(Email::parse(OTHER).unwrap()), ..RedemptionQuery::default() };
    assert_eq!(store.redemptions(&by_other, &page).await.unwrap().data.len(), 2);
    for (code, is_kept) in [("FORBO", true), ("FORHER", false)] {
        let coupon = store.coupon(&CouponId::new(at(0), bits80(&[code]))).await.unwrap().unwrap();
        let only_for = coupon.terms.only_for.unwrap_or_else(|| panic!("the coupon {code} has lost only_for"));
        assert_eq!(only_for.customer().is_some(), is_kept, "{code}");
    }
    let seed = Seed { at: at(ERASED + SECOND), bits: [2; 10] };
    assert_eq!(store.claim_request(&request(), seed).await.unwrap(), ClaimOutcome::Erased);
}

#[tokio::test]
async fn items_of_earlier_versions_are_redacted_too() {
    let mut story = Story::begin().await;
    story.purchases().await;
    story.forget_person_entries().await;
    story.erase().await;
    story.advance(ERASED + 600 * SECOND).await;
    assert_eq!(story.leaks().await, Vec::<String>::new());
}

#[tokio::test]
async fn an_event_that_is_relayed_after_the_erasure_leaves_no_data() {
    let mut story = Story::begin().await;
    story.purchases().await;
    story.apply("FLASH20", "late", EMAIL, ERASED - SECOND).await;
    story.redeem("FLASH20", "later", EMAIL, ERASED - SECOND).await;
    story.erase().await;
    story.harness.advance_to(ERASED + 600 * SECOND).await;
    let late = story.advance(ERASED + 700 * SECOND).await;
    assert!(late.iter().any(|event| event.data.customer.is_some()), "no event of the contact is late");
    story.advance(ERASED + 800 * SECOND).await;
    assert_eq!(story.leaks().await, Vec::<String>::new());
    assert_eq!(story.erasures.len(), 1, "the erasure of a late event publishes no further event");
}

#[tokio::test]
async fn what_a_returning_customer_states_after_the_erasure_is_kept() {
    let mut story = Story::begin().await;
    story.purchases().await;
    story.erase().await;
    story.apply("FLASH20", "again", EMAIL, ERASED + 10 * SECOND).await;
    story.redeem("FLASH20", "again", EMAIL, ERASED + 20 * SECOND).await;
    story.advance(ERASED + 600 * SECOND).await;
    let coupon = CouponId::new(at(0), bits80(&["FLASH20"]));
    let store = &story.harness.store;
    let application = store.application_for_order(&coupon, "again").await.unwrap().unwrap();
    assert!(application.customer.is_some());
    assert!(store.redemption_for_order(&coupon, "again").await.unwrap().unwrap().customer.is_some());
    let before = store.redemption_for_order(&coupon, "b").await.unwrap().unwrap();
    assert_eq!(before.customer, None);
}

/// After the crash, the timers are delivered again.
#[tokio::test]
async fn an_erasure_that_dies_at_any_call_is_completed() {
    let mut checked = 0;
    for calls in (0..60).step_by(12) {
        let mut story = Story::begin().await;
        story.purchases().await;
        story.erase().await;
        let dying = story.harness.dynamo.dying_instance(calls);
        checked += usize::from(story.harness.advance_with(&dying, ERASED + SECOND).await.is_err());
        story.advance(ERASED + 600 * SECOND).await;
        assert_eq!(story.leaks().await, Vec::<String>::new(), "after {calls} calls");
        assert_eq!(story.erasures.len(), 1, "after {calls} calls");
    }
    assert!(checked >= 3, "only {checked} erasures died");
}
