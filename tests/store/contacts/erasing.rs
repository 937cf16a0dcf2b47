//! Erasing a contact. An erasure with a stale version changes nothing. An erasure that has begun is
//! completed even if the function dies, and does not affect new data if the contact returns.

use aws_sdk_dynamodb::types::AttributeValue;
use couponflow_app::contacts::edit::{Erased, erase};
use couponflow_app::contacts::ports::ContactStore as _;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_domain::contacts::audience::Audience;
use couponflow_domain::contacts::contact::Contact;
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::kernel::counters::Revision;
use couponflow_domain::kernel::label::Label;
use couponflow_tests::due::timers;
use couponflow_tests::fixtures::{at, stored_contact, stored_coupon};
use couponflow_tests::harness::ExecutorHarness;
use serde_json::json;

const ANA: &str = "ana@example.com";
const HOUR: i64 = 3_600_000;

/// Creates a contact with `tags` tags, on one list, who has applied a coupon.
async fn ana(harness: &ExecutorHarness, tags: usize) -> (Contact, Coupon) {
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    stored_contact(&harness.store, json!({"email": ANA, "first_name": "Ana", "lists": ["buyers"]})).await;
    harness.handle(&harness.applied_event(&coupon, "ord_1", ANA, 2000)).await;
    let mut ana = contact(harness).await.unwrap();
    for tags in (0..tags).map(|tag| label(&format!("tag-{tag}"))).collect::<Vec<_>>().chunks(40) {
        let mut next = Contact { version: ana.version.next(), ..ana.clone() };
        next.tags.extend(tags.iter().cloned());
        assert!(harness.store.edit_contact(&ana, &next, at(3000)).await.unwrap());
        ana = next;
    }
    (ana, coupon)
}

fn label(name: &str) -> Label {
    Label::parse(name).unwrap()
}

async fn contact(harness: &ExecutorHarness) -> Option<Contact> {
    harness.store.contact_by_email(&couponflow_domain::purchases::customer::Email::parse(ANA).unwrap()).await.unwrap()
}

async fn has_members(harness: &ExecutorHarness, audience: Audience) -> bool {
    !harness.store.audience(&audience, None, 100).await.unwrap().data.is_empty()
}

/// Counts the audiences with a member, among three audiences: of a tag, a list and a coupon.
async fn audiences(harness: &ExecutorHarness, coupon: &Coupon) -> usize {
    let of = [
        Audience::Tag { tag: label("tag-0") },
        Audience::List { list: label("buyers") },
        Audience::AppliedNotRedeemed { coupon_id: Some(coupon.id.clone()) },
    ];
    let mut count = 0;
    for audience in of {
        count += usize::from(has_members(harness, audience).await);
    }
    count
}

/// Returns the sort keys of all items that refer to the contact. Leaves out records of purchases
/// and events, because they contain only a digest of the contact.
async fn remaining_items(harness: &ExecutorHarness, contact: &Contact) -> Vec<String> {
    let items = harness.dynamo.client.scan().table_name("couponflow").send().await.unwrap().items.unwrap();
    let is_of = |key: &str| key.contains(contact.id.key()) && !key.contains("happened");
    let is_record =
        |kind: Option<&AttributeValue>| kind.is_some_and(|kind| *kind == AttributeValue::S("CORRELATED".into()));
    let of_contact = items.into_iter().filter(|item| !is_record(item.get("kind")));
    let keys = of_contact.filter(|item| item.values().any(|value| value.as_s().is_ok_and(|text| is_of(text))));
    keys.map(|item| item["sk"].as_s().unwrap().clone()).collect()
}

#[tokio::test]
async fn a_stale_erasure_changes_nothing() {
    let harness = ExecutorHarness::new().await;
    let (ana, coupon) = ana(&harness, 50).await;
    let stale = Contact { version: Revision::new(ana.version.get() - 1), ..ana.clone() };
    assert!(!harness.store.erase_contact(&stale, at(4000)).await.unwrap());
    assert_eq!(contact(&harness).await, Some(ana.clone()));
    assert_eq!(audiences(&harness, &coupon).await, 3, "the contact is still in all its audiences");
    assert!(harness.store.erase_contact(&ana, at(4000)).await.unwrap());
    assert_eq!((contact(&harness).await, audiences(&harness, &coupon).await), (None, 0));
    harness.advance_to(HOUR).await;
    assert_eq!(remaining_items(&harness, &ana).await, ["contact", "erasure"]);
}

#[tokio::test]
async fn an_interrupted_erasure_is_completed_by_its_timer() {
    for calls in 0.. {
        let harness = ExecutorHarness::new().await;
        let (ana, coupon) = ana(&harness, 120).await;
        let dying = harness.dynamo.dying_instance(calls).of(&harness.tenant);
        let lived = dying.erase_contact(&ana, at(4000)).await.is_ok();
        let is_erased = contact(&harness).await.is_none();
        if !is_erased {
            assert_eq!(
                audiences(&harness, &coupon).await,
                3,
                "died after {calls} calls: a contact that is not erased keeps its audiences"
            );
        }
        harness.advance_to(HOUR).await;
        if is_erased {
            assert_eq!(audiences(&harness, &coupon).await, 0, "died after {calls} calls");
            assert_eq!(remaining_items(&harness, &ana).await, ["contact", "erasure"], "died after {calls} calls");
        }
        if lived {
            assert!(calls > 5, "an erasure takes only {calls} calls");
            return;
        }
    }
}

#[tokio::test]
async fn an_interrupted_erasure_is_completed_by_repeating_the_request() {
    for calls in 0.. {
        let harness = ExecutorHarness::new().await;
        let (ana, coupon) = ana(&harness, 120).await;
        let dying = harness.dynamo.dying_instance(calls).of(&harness.tenant);
        let in_version = |version| version == ana.version;
        let lived = erase(&dying, &ana.id, in_version, at(4000)).await.is_ok();
        let again = erase(&harness.store, &ana.id, in_version, at(5000)).await.unwrap();
        assert_eq!(again, if lived { Erased::NotFound } else { Erased::Done }, "died after {calls} calls");
        assert_eq!(audiences(&harness, &coupon).await, 0, "died after {calls} calls");
        harness.advance_to(HOUR).await;
        assert_eq!(remaining_items(&harness, &ana).await, ["contact", "erasure"], "died after {calls} calls");
        assert!(timers(&harness.dynamo).await.is_empty(), "died after {calls} calls");
        if lived {
            assert!(calls > 5, "an erasure takes only {calls} calls");
            return;
        }
    }
}

/// Covers both ways to create a contact: by an event of the storefront, and by an operator.
#[tokio::test]
async fn a_contact_returning_during_an_erasure_keeps_its_new_data() {
    for by_operator in [false, true] {
        let mut returned = 0;
        for calls in 0.. {
            let harness = ExecutorHarness::new().await;
            let (ana, coupon) = ana(&harness, 120).await;
            let dying = harness.dynamo.dying_instance(calls).of(&harness.tenant);
            let lived = dying.erase_contact(&ana, at(4000)).await.is_ok();
            if contact(&harness).await.is_none() {
                if by_operator {
                    let details = json!({"email": ANA, "tags": ["tag-0"], "lists": ["buyers"]});
                    stored_contact(&harness.store, details).await;
                } else {
                    harness.handle(&harness.applied_event(&coupon, "ord_2", ANA, 5000)).await;
                }
                harness.advance_to(HOUR).await;
                let expected = if by_operator { 2 } else { 1 };
                assert_eq!(audiences(&harness, &coupon).await, expected, "died after {calls} calls");
                let back = contact(&harness).await.unwrap();
                assert_eq!(back.tags.len(), usize::from(by_operator), "died after {calls} calls");
                returned += 1;
            }
            if lived {
                assert!(calls > 5, "an erasure takes only {calls} calls");
                break;
            }
        }
        assert!(returned > 2, "the contact returned in only {returned} runs");
    }
}
