//! Contacts: tags, lists, listeners and data from storefront events. Listeners are the executions
//! that wait for a signal from the contact.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use couponflow_app::contacts::ports::{ContactStore as _, SetChangeOutcome};
use couponflow_app::kernel::system::Rng as _;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_app::timers::ports::TimerStore as _;
use couponflow_aws::dynamo::TenantStore;
use couponflow_aws::system::System;
use couponflow_domain::contacts::audience::Audience;
use couponflow_domain::contacts::contact::{Contact, ContactDetails, MAX_TAGS_OR_LISTS, SetChange, UnverifiedNames};
use couponflow_domain::kernel::ids::ExecutionId;
use couponflow_domain::kernel::label::Label;
use couponflow_domain::purchases::customer::{Customer, Email};
use couponflow_domain::timers::timer::{Purpose, Timer};
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::at;
use couponflow_tests::table::Dynamo;
use futures_util::future::join_all;
use serde_json::json;

async fn ana(store: &TenantStore) -> Contact {
    let email = Some(Email::parse("Ana@example.com").unwrap());
    let customer = Customer { email, id: None, first_name: Some("Ana".into()), last_name: None, verified: true };
    store.upsert_contact(&customer, at(0), System.bits()).await.unwrap().unwrap()
}

fn add(tag: &str) -> SetChange {
    SetChange::AddTag(tag.into())
}

fn timer(bits: u8) -> Timer {
    let purpose = Purpose::ExecutionWake { execution_id: ExecutionId::new(at(0), [bits; 10]) };
    Timer { tenant_id: fixtures::tenant("demo"), due_at: at(0), purpose }
}

fn texts(labels: &BTreeSet<Label>) -> Vec<String> {
    labels.iter().map(ToString::to_string).collect()
}

/// Adds executions to the contact's listeners like the executor.
async fn listen(dynamo: &Dynamo, contact: &Contact, executions: &[&ExecutionId]) {
    let ids: Vec<String> = executions.iter().map(ToString::to_string).collect();
    let key = |name: &str, value: String| (name.to_owned(), AttributeValue::S(value));
    let pk = format!("t#demo#contact#{}", contact.id.key());
    let update = dynamo.client.update_item().table_name("couponflow");
    let update = update
        .set_key(Some([key("pk", pk), key("sk", "contact".into())].into()))
        .update_expression("ADD listening :ids");
    update.expression_attribute_values(":ids", AttributeValue::Ss(ids)).send().await.unwrap();
}

#[tokio::test]
async fn twenty_concurrent_changes_of_a_contact_are_all_kept() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let contact = ana(&store).await;
    let old = (0..5).map(|i| add(&format!("old-{i}")));
    for change in old.clone() {
        store.change_set(&contact, &change, None).await.unwrap();
    }
    let mut changes: Vec<SetChange> = old.map(|change| SetChange::RemoveTag(change.member().clone())).collect();
    changes.extend((0..10).map(|i| add(&format!("new-{i}"))));
    changes.extend((0..5).map(|i| SetChange::AddToList(format!("list-{i}").into())));
    let changed = join_all(changes.iter().map(|change| store.change_set(&contact, change, None))).await;
    assert!(changed.into_iter().all(|changed| changed.unwrap() == SetChangeOutcome::Done));
    let found = ana(&store).await;
    assert_eq!(texts(&found.tags), (0..10).map(|i| format!("new-{i}")).collect::<Vec<_>>());
    assert_eq!(texts(&found.lists), (0..5).map(|i| format!("list-{i}")).collect::<Vec<_>>());
    assert_eq!((found.id, found.first_name.as_deref(), found.version.get()), (contact.id, Some("Ana"), 26));
}

#[tokio::test]
async fn a_redundant_change_changes_nothing_and_sets_no_timer() {
    let dynamo = Dynamo::start().await;
    let table = dynamo.instance();
    let store = table.of(&fixtures::tenant("demo"));
    let contact = ana(&store).await;
    let is_set = async |bits| table.is_set(&timer(bits)).await.unwrap();
    let change = async |change: SetChange, bits| {
        let changed = store.change_set(&contact, &change, Some(&timer(bits))).await.unwrap();
        (changed, is_set(bits).await)
    };
    assert_eq!(change(SetChange::RemoveTag("VIP".into()), 1).await, (SetChangeOutcome::Nothing, false));
    assert_eq!(change(add("VIP"), 2).await, (SetChangeOutcome::Done, true));
    assert_eq!(change(add("VIP"), 3).await, (SetChangeOutcome::Nothing, false));
    assert_eq!(change(add(" vip"), 4).await, (SetChangeOutcome::Nothing, false), "another spelling is the same tag");
    let stored = store.contact(&contact.id).await.unwrap().unwrap();
    assert_eq!(texts(&stored.tags), ["VIP"]);
    assert!(store.erase_contact(&stored, at(0)).await.unwrap());
    assert_eq!(change(add("VIP"), 5).await, (SetChangeOutcome::Nothing, false), "an erased contact does not change");
    assert_eq!(store.contact(&contact.id).await.unwrap(), None);
}

#[tokio::test]
async fn a_change_fails_if_the_listeners_have_changed() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let contact = ana(&store).await;
    let ids: Vec<ExecutionId> = (1..=3).map(|bits| ExecutionId::new(at(0), [bits; 10])).collect();
    listen(&dynamo, &contact, &[&ids[2], &ids[0]]).await;
    assert_eq!(store.change_set(&contact, &add("VIP"), None).await.unwrap(), SetChangeOutcome::ListeningChanged);
    let seen = store.contact(&contact.id).await.unwrap().unwrap();
    assert_eq!(seen.listening.iter().collect::<Vec<_>>(), [&ids[0], &ids[2]]);
    listen(&dynamo, &contact, &[&ids[1]]).await;
    assert_eq!(store.change_set(&seen, &add("VIP"), None).await.unwrap(), SetChangeOutcome::ListeningChanged);
    let seen = store.contact(&contact.id).await.unwrap().unwrap();
    assert!(seen.tags.is_empty());
    assert_eq!(store.change_set(&seen, &add("VIP"), None).await.unwrap(), SetChangeOutcome::Done);
}

#[tokio::test]
async fn a_set_of_tags_has_a_maximum_and_can_still_be_erased() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let contact = ana(&store).await;
    for i in 0..MAX_TAGS_OR_LISTS {
        assert_eq!(store.change_set(&contact, &add(&format!("tag {i}")), None).await.unwrap(), SetChangeOutcome::Done);
    }
    assert_eq!(store.change_set(&contact, &add("one more"), None).await.unwrap(), SetChangeOutcome::TooMany);
    assert_eq!(store.change_set(&contact, &add("tag 7"), None).await.unwrap(), SetChangeOutcome::Nothing);
    assert_eq!(
        store.change_set(&contact, &SetChange::AddToList("one".into()), None).await.unwrap(),
        SetChangeOutcome::Done
    );
    let full = store.contact(&contact.id).await.unwrap().unwrap();
    assert!(store.erase_contact(&full, at(0)).await.unwrap(), "a full contact is erased in several transactions");
    assert_eq!(store.contact(&contact.id).await.unwrap(), None);
    let tag = Audience::Tag { tag: "tag 499".into() };
    assert!(store.audience(&tag, None, 100).await.unwrap().data.is_empty());
}

#[tokio::test]
async fn a_late_event_does_not_undo_newer_storefront_data() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let said = async |first_name: &str, id: &str, ms: i64| {
        let email = Some(Email::parse("ana@example.com").unwrap());
        let (id, first_name) = (Some(id.into()), Some(first_name.into()));
        let customer = Customer { email, id, first_name, last_name: None, verified: true };
        let contact = store.upsert_contact(&customer, at(ms), System.bits()).await.unwrap().unwrap();
        (contact.first_name.unwrap().into_string(), contact.customer_id.unwrap().into_string())
    };
    let new = ("Ana Maria".to_owned(), "cust_2".to_owned());
    assert_eq!(said("Ana", "cust_1", 10).await, ("Ana".into(), "cust_1".into()));
    assert_eq!(said("Ana Maria", "cust_2", 30).await, new);
    assert_eq!(said("Ana", "cust_1", 20).await, new, "older data changes nothing");
    assert_eq!(said("Anna", "cust_2", 30).await.0, "Anna", "for the same instant, the last write is kept");
    let email = Email::parse("ana@example.com").unwrap();
    let stored = store.contact_by_email(&email).await.unwrap().unwrap();
    assert_eq!((stored.first_name.as_deref(), stored.created_at), (Some("Anna"), at(10)));
}

#[tokio::test]
async fn storefront_data_changes_only_the_fields_that_it_has() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let details = json!({"email": "Ana@example.com", "tags": ["VIP"], "lists": ["news"], "time_zone": "Europe/Berlin",
        "locale": "de-DE", "consent": {"email": "granted", "source": "form"}});
    let made = fixtures::stored_contact(&store, details).await;
    let claimed = UnverifiedNames { first_name: true, last_name: false };
    assert_eq!(ana(&store).await, Contact { first_name: Some("Ana".into()), claimed, ..made });
}

#[tokio::test]
async fn a_purchase_in_another_spelling_does_not_change_the_address_that_a_contact_shows() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let shown = async |email: &str, ms: i64| {
        let email = Some(Email::parse(email).unwrap());
        let customer = Customer { email, id: None, first_name: None, last_name: None, verified: true };
        let contact = store.upsert_contact(&customer, at(ms), System.bits()).await.unwrap().unwrap();
        contact.email.unwrap().as_str().to_owned()
    };
    let spellings = ["ANA@Example.com", "ana@exam\u{200b}ple.com", "ana@example.com"];
    assert_eq!(shown("Ana@example.com", 10).await, "Ana@example.com", "a new contact has the address of the purchase");
    for (spelling, ms) in spellings.into_iter().zip(20..) {
        assert_eq!(shown(spelling, ms).await, "Ana@example.com", "{spelling:?}");
    }
    let made = fixtures::stored_contact(&store, json!({"email": "Bo@EXAMPLE.com"})).await;
    assert_eq!(
        shown("bo@example.com", 30).await,
        "Bo@EXAMPLE.com",
        "a purchase does not change the spelling of an operator"
    );
    let edited = ContactDetails { email: Some(Email::parse("bo@example.com").unwrap()), ..ContactDetails::from(&made) };
    let next = made.edited(edited, at(40)).unwrap();
    assert!(store.edit_contact(&made, &next, at(40)).await.unwrap());
    assert_eq!(shown("BO@example.com", 50).await, "bo@example.com", "an operator may change the spelling");
}
