//! Creating, editing and erasing contacts, under concurrency and with late events.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use couponflow_app::contacts::edit::{ContactEditOutcome, Erased, edit, erase};
use couponflow_app::contacts::ports::{ContactStore as _, CreateContactOutcome};
use couponflow_app::kernel::page::PageRequest;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::dynamo::TenantStore;
use couponflow_domain::contacts::audience::Audience;
use couponflow_domain::contacts::contact::{
    Consent, ConsentState, Contact, ContactDetails, SetChange, UnsubscribeToken,
};
use couponflow_domain::kernel::language_tag::LanguageTag;
use couponflow_domain::purchases::customer::Customer;
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::at;
use couponflow_tests::table::Dynamo;
use futures_util::future::join;
use serde_json::json;

const ANA: &str = "ana@example.com";

async fn store() -> (Dynamo, TenantStore) {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    (dynamo, store)
}

/// The whole table as text.
async fn everything(dynamo: &Dynamo) -> String {
    format!("{:?}", dynamo.client.scan().table_name("couponflow").send().await.unwrap().items)
}

async fn is_on(store: &TenantStore, list: &str) -> bool {
    let audience = Audience::List { list: list.into() };
    !store.audience(&audience, None, 100).await.unwrap().data.is_empty()
}

/// Edits the contact at `at(ms)` if its version is that of `contact`.
async fn edited(
    store: &TenantStore,
    contact: &Contact,
    ms: i64,
    change: impl Fn(&mut ContactDetails),
) -> ContactEditOutcome {
    let changed = |details: &ContactDetails| {
        let mut details = details.clone();
        change(&mut details);
        Ok(details)
    };
    edit(store, &contact.id, |version| version == contact.version, changed, at(ms)).await.unwrap()
}

fn now(edited: ContactEditOutcome) -> Contact {
    match edited {
        ContactEditOutcome::Done(contact) => *contact,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn of_two_concurrent_creations_one_wins_and_the_other_finds_it() {
    let (_dynamo, store) = store().await;
    let of = |name: &str, list: &str| fixtures::contact(json!({"email": ANA, "first_name": name, "lists": [list]}));
    let (ana, other) = (of("Ana", "a"), of("Anna", "b"));
    let (first, second) = join(store.create_contact(&ana), store.create_contact(&other)).await;
    let is_made = |made: &CreateContactOutcome| matches!(made, CreateContactOutcome::Created(_));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert!(is_made(&first) ^ is_made(&second));
    assert!([&first, &second].contains(&&CreateContactOutcome::Existing(ana.id.clone())));
    assert!(is_on(&store, "a").await ^ is_on(&store, "b").await, "the losing request adds no list membership");
    let winner = if is_made(&first) { &ana } else { &other };
    let again = store.create_contact(winner).await.unwrap();
    assert_eq!(again, CreateContactOutcome::Created(Box::new(winner.clone())), "the winning request succeeds again");
}

#[tokio::test]
async fn an_edit_requires_the_current_version_and_changes_only_its_members() {
    let (_dynamo, store) = store().await;
    let ana = fixtures::stored_contact(
        &store,
        json!({"email": ANA, "first_name": "Ana", "lists": ["a", "b"],
        "time_zone": "Europe/Berlin", "locale": "de"}),
    )
    .await;
    let next = edited(&store, &ana, 10, |details| {
        details.first_name = None;
        details.locale = Some(LanguageTag::parse("de-CH").unwrap());
        details.lists = ["b".into(), "c".into()].into();
    })
    .await;
    let next = now(next);
    assert_eq!(store.contact(&ana.id).await.unwrap().as_ref(), Some(&next));
    assert_eq!(
        (next.first_name.as_deref(), next.locale.as_ref().map(LanguageTag::as_str), next.version.get()),
        (None, Some("de-CH"), 2)
    );
    assert_eq!([is_on(&store, "a").await, is_on(&store, "b").await, is_on(&store, "c").await], [false, true, true]);
    assert_eq!(edited(&store, &ana, 20, |details| details.locale = None).await, ContactEditOutcome::Stale);
    store.change_set(&next, &SetChange::AddTag("VIP".into()), None).await.unwrap();
    assert_eq!(
        edited(&store, &next, 20, |details| details.tags.clear()).await,
        ContactEditOutcome::Stale,
        "a tag that was added meanwhile makes the edit stale"
    );
}

#[tokio::test]
async fn edits_and_storefront_data_do_not_undo_each_other() {
    let (_dynamo, store) = store().await;
    let ana = fixtures::stored_contact(&store, json!({"email": ANA, "first_name": "Ana"})).await;
    let said = async |name: &str, ms: i64| {
        let customer = Customer {
            email: ana.email.clone(),
            id: Some("cust_1".into()),
            first_name: Some(name.into()),
            last_name: None,
            verified: true,
        };
        store.upsert_contact(&customer, at(ms), [0; 10]).await.unwrap().unwrap()
    };
    said("Anna", 10).await;
    let zoned = now(edited(&store, &ana, 20, |details| details.locale = Some(LanguageTag::parse("de").unwrap())).await);
    assert_eq!(zoned.version.get(), 2, "storefront data does not change the version");
    assert_eq!(zoned.customer_id.as_deref(), Some("cust_1"));
    assert_eq!(said("Ana Maria", 15).await.first_name.as_deref(), Some("Ana"), "an operator's value stays");
    let named = now(edited(&store, &zoned, 30, |details| details.first_name = Some("Anita".into())).await);
    assert_eq!(said("Ana", 25).await, named, "older storefront data changes nothing");
    assert_eq!(said("Ana", 35).await, named, "newer storefront data does not replace an operator's value");
    let unnamed = now(edited(&store, &named, 40, |details| details.first_name = None).await);
    assert_eq!(
        store.contact(&ana.id).await.unwrap(),
        Some(unnamed),
        "a removed name is no longer marked as unverified"
    );
    assert_eq!(
        said("Ana", 45).await.first_name.as_deref(),
        Some("Ana"),
        "newer storefront data sets a removed name again"
    );
}

#[tokio::test]
async fn an_erasure_leaves_only_an_anonymous_record_that_expires() {
    let (dynamo, store) = store().await;
    let ana = fixtures::stored_contact(
        &store,
        json!({"email": ANA, "first_name": "Ana", "tags": ["VIP"], "lists": ["a", "b"]}),
    )
    .await;
    let stale = erase(&store, &ana.id, |version| version.get() == 7, at(6)).await.unwrap();
    assert_eq!(stale, Erased::Stale);
    assert_eq!(erase(&store, &ana.id, |_| true, at(6)).await.unwrap(), Erased::Done);
    let left = dynamo.client.scan().table_name("couponflow").send().await.unwrap().items.unwrap();
    let is_timer = |item: &HashMap<String, AttributeValue>| item["kind"] == AttributeValue::S("TIMER".to_owned());
    let (timers, left): (Vec<_>, Vec<_>) = left.into_iter().partition(is_timer);
    assert!(timers.len() == 2 && !format!("{timers:?}").contains(ANA), "{timers:?}");
    let [left] = &left[..] else { panic!("{left:?}") };
    let mut attributes: Vec<&str> = left.keys().map(String::as_str).collect();
    attributes.sort_unstable();
    assert_eq!(attributes, ["erased_at_ms", "kind", "pk", "sk", "ttl"]);
    assert_eq!(left["pk"].as_s().unwrap(), &format!("t#demo#contact#{}", ana.id.key()));
    assert_eq!(erase(&store, &ana.id, |_| true, at(6)).await.unwrap(), Erased::NotFound);
    let page = store.contacts(&PageRequest { limit: 100, cursor: None }).await.unwrap();
    assert!(page.data.is_empty());
}

#[tokio::test]
async fn events_before_an_erasure_are_ignored_and_later_events_recreate_the_contact() {
    let (dynamo, store) = store().await;
    let made = async || fixtures::stored_contact(&store, json!({"email": ANA, "first_name": "Ana"})).await;
    let seen = async |contact: &Contact, ms| store.upsert_contact(&contact.customer(), at(ms), [7; 10]).await.unwrap();
    let ana = made().await;
    assert!(store.erase_contact(&ana, at(6)).await.unwrap());
    assert_eq!([seen(&ana, 5).await, seen(&ana, 6).await], [None, None]);
    assert_eq!(store.contact(&ana.id).await.unwrap(), None);
    let again = seen(&ana, 7).await.unwrap();
    assert_eq!((again.created_at, store.contact(&again.id).await.unwrap()), (at(7), Some(again.clone())));
    assert_eq!(
        [seen(&ana, 5).await, seen(&ana, 6).await],
        [None, None],
        "earlier events stay ignored after the contact has returned"
    );
    let left = everything(&dynamo).await;
    assert!(!left.contains("ttl"), "{left}");
    assert!(store.erase_contact(&again, at(8)).await.unwrap());
    made().await;
    assert_eq!(seen(&ana, 8).await, None);
    let left = everything(&dynamo).await;
    assert!(!left.contains("ttl") && !left.contains("leaving"), "{left}");
}

#[tokio::test]
async fn an_erased_address_stays_unsubscribed() {
    let (dynamo, store) = store().await;
    let granted = json!({"email": ANA, "first_name": "Ana", "customer_id": "cust_1", "lists": ["a"],
        "consent": {"email": "granted", "source": "told Ben on the phone"}});
    let ana = fixtures::stored_contact(&store, granted.clone()).await;
    assert!(store.withdraw_consent(ana.id.key(), &ana.unsubscribe_token, at(5)).await.unwrap());
    assert_eq!(erase(&store, &ana.id, |_| true, at(6)).await.unwrap(), Erased::Done);
    assert_eq!(store.contact(&ana.id).await.unwrap(), None);
    let left = everything(&dynamo).await;
    for gone in ["ana", "Ana", "cust_1", "Ben", ana.unsubscribe_token.as_str(), "contacts"] {
        assert!(!left.contains(gone), "{gone}: {left}");
    }
    let page = store.contacts(&PageRequest { limit: 100, cursor: None }).await.unwrap();
    assert!(page.data.is_empty());

    let withdrawn = Consent { email: ConsentState::Withdrawn, changed_at: Some(at(5)), source: None };
    let customer = Customer {
        email: ana.email.clone(),
        id: None,
        first_name: Some("Ana".into()),
        last_name: None,
        verified: true,
    };
    let seen = store.upsert_contact(&customer, at(9), [9; 10]).await.unwrap().unwrap();
    assert_eq!(
        (&seen.consent, seen.created_at, seen.lists.len()),
        (&withdrawn, at(9), 0),
        "an order creates the contact again, without consent"
    );
    assert_ne!(seen.unsubscribe_token, ana.unsubscribe_token);
    assert_eq!(erase(&store, &seen.id, |_| true, at(10)).await.unwrap(), Erased::Done);
    let made = fixtures::stored_contact(&store, granted).await;
    assert_eq!(made.consent, withdrawn, "an operator's creation does not restore consent either");
    let asked = now(edited(&store, &made, 20, |details| details.consent = None).await);
    assert_eq!(asked.consent.email, ConsentState::Unknown, "an edit resets consent");
}

#[tokio::test]
async fn consent_is_withdrawn_only_with_the_right_token() {
    let (dynamo, store) = store().await;
    let ana = fixtures::stored_contact(&store, json!({"email": ANA, "consent": {"email": "granted"}})).await;
    let bo = fixtures::stored_contact(&store, json!({"email": "bo@example.com"})).await;
    let (right, wrong) = (&ana.unsubscribe_token, UnsubscribeToken::new([0; 10]));
    let withdraw = async |key: &str, token, ms| store.withdraw_consent(key, token, at(ms)).await.unwrap();
    let consent = async || store.contact(&ana.id).await.unwrap().unwrap().consent;
    assert_eq!([withdraw(ana.id.key(), &wrong, 1).await, withdraw(bo.id.key(), right, 1).await], [false, false]);
    assert!(!withdraw("0000000000000000", right, 1).await);
    assert!(
        store.is_unsubscribe_token(ana.id.key(), right).await.unwrap()
            && !store.is_unsubscribe_token(bo.id.key(), right).await.unwrap()
    );
    assert_eq!(consent().await, ana.consent);
    assert!(withdraw(ana.id.key(), right, 5).await);
    assert!(withdraw(ana.id.key(), right, 6).await, "a second withdrawal succeeds");
    assert_eq!(consent().await, Consent::unsubscribed(at(5)));
    let other = dynamo.instance().of(&fixtures::tenant("other"));
    assert!(!other.withdraw_consent(ana.id.key(), right, at(7)).await.unwrap());
}

#[tokio::test]
async fn a_contact_by_customer_id_has_no_address() {
    let (_dynamo, store) = store().await;
    let made = fixtures::stored_contact(&store, json!({"customer_id": "cust_9"})).await;
    let customer = Customer {
        email: None,
        id: Some("cust_9".into()),
        first_name: Some("Bo".into()),
        last_name: None,
        verified: true,
    };
    let seen = store.upsert_contact(&customer, at(3), [0; 10]).await.unwrap().unwrap();
    assert_eq!((&seen.id, seen.first_name.as_deref()), (&made.id, Some("Bo")));
    assert_eq!(seen.email, None);
}
