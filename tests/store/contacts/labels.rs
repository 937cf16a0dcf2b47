//! Tags and lists in several spellings, and tags that earlier versions stored.

use aws_sdk_dynamodb::types::AttributeValue;
use couponflow_app::contacts::ports::{ContactStore as _, SetChangeOutcome};
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::dynamo::TenantStore;
use couponflow_domain::contacts::audience::Audience;
use couponflow_domain::contacts::contact::SetChange;
use couponflow_domain::kernel::digest::{bits80, key80};
use couponflow_domain::kernel::ids::ContactId;
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::{at, stored_coupon};
use couponflow_tests::harness::{ExecutorHarness, steps_of};
use couponflow_tests::steps::mail;
use couponflow_tests::table::Dynamo;
use futures_util::future::join_all;
use serde_json::json;

async fn tagged(store: &TenantStore, tag: &str) -> Vec<ContactId> {
    let audience = Audience::Tag { tag: tag.into() };
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.audience(&audience, cursor.as_ref(), 1).await.unwrap();
        found.extend(page.data);
        cursor = page.next_cursor;
        if cursor.is_none() {
            return found;
        }
    }
}

async fn tags(store: &TenantStore, id: &ContactId) -> Vec<String> {
    store.contact(id).await.unwrap().unwrap().tags.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn one_of_several_spellings_is_kept_and_any_spelling_removes_it() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let ana = fixtures::stored_contact(&store, json!({"customer_id": "ana"})).await;
    let spellings = ["Vip", "VIP", " vip ", "vIP", "vip"];
    let add = |spelling: &str| SetChange::AddTag(spelling.into());
    let changes: Vec<SetChange> = spellings.into_iter().map(add).collect();
    let added = join_all(changes.iter().map(|change| store.change_set(&ana, change, None))).await;
    let added: Vec<SetChangeOutcome> = added.into_iter().map(Result::unwrap).collect();
    assert_eq!(added.iter().filter(|changed| **changed == SetChangeOutcome::Done).count(), 1, "{added:?}");
    assert_eq!(tags(&store, &ana.id).await.len(), 1);
    for spelling in spellings {
        assert_eq!(tagged(&store, spelling).await, std::slice::from_ref(&ana.id), "{spelling}");
    }
    let ana = store.contact(&ana.id).await.unwrap().unwrap();
    let remove = SetChange::RemoveTag("  viP".into());
    assert_eq!(store.change_set(&ana, &remove, None).await.unwrap(), SetChangeOutcome::Done);
    assert_eq!(store.change_set(&ana, &remove, None).await.unwrap(), SetChangeOutcome::Nothing);
    assert!(tags(&store, &ana.id).await.is_empty() && tagged(&store, "Vip").await.is_empty());
}

/// Stores a contact like an earlier version: with one membership per spelling of each tag.
async fn stored_before(dynamo: &Dynamo, name: &str, tags: &[&str]) -> ContactId {
    let id = ContactId::new(at(0), bits80(&["id", name]));
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let number = |number: &str| AttributeValue::N(number.to_owned());
    let mut items = vec![vec![
        ("pk", text(&format!("t#demo#contact#{}", id.key()))),
        ("sk", text("contact")),
        ("kind", text("CONTACT")),
        ("id", text(id.as_str())),
        ("customer_id", text(name)),
        ("tags", AttributeValue::Ss(tags.iter().map(ToString::to_string).collect())),
        ("unsubscribe_token", text("0123456789ABCDEF")),
        ("version", number("1")),
        ("created_at_ms", number("0")),
    ]];
    let shard = bits80(&[id.key()])[0] % 8;
    for tag in tags {
        items.push(vec![
            ("pk", text(&format!("t#demo#audience#{}#{shard}", key80(&["tag", tag])))),
            ("sk", text(id.key())),
            ("kind", text("MEMBER")),
            ("contact_id", text(id.as_str())),
        ]);
    }
    for item in items {
        let item = item.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        dynamo.client.put_item().table_name("couponflow").set_item(Some(item)).send().await.unwrap();
    }
    id
}

async fn memberships(dynamo: &Dynamo) -> usize {
    let items = dynamo.client.scan().table_name("couponflow").send().await.unwrap().items.unwrap();
    items.iter().filter(|item| item.get("kind") == Some(&AttributeValue::S("MEMBER".into()))).count()
}

#[tokio::test]
async fn spellings_stored_by_an_earlier_version_become_one_tag() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let many: Vec<String> = (0..100).map(|i| format!("Tag {i}")).collect();
    let ana = stored_before(&dynamo, "ana", &["VIP", "Vip", "Other"]).await;
    let bo = stored_before(&dynamo, "bo", &many.iter().map(String::as_str).chain(["VIP"]).collect::<Vec<_>>()).await;
    let everybody = |mut ids: Vec<ContactId>| {
        ids.sort();
        ids
    };
    let both = everybody(vec![ana.clone(), bo.clone()]);
    assert_eq!(everybody(tagged(&store, "VIP").await), both, "each contact is found before it is read and migrated");
    assert_eq!(tags(&store, &ana).await, ["Other", "VIP"]);
    assert_eq!(everybody(tagged(&store, "VIP").await), both, "each contact is listed once, migrated or not");
    assert_eq!(tags(&store, &bo).await.len(), 101);
    for spelling in ["VIP", "Vip", "vip", " VIP"] {
        assert_eq!(everybody(tagged(&store, spelling).await), both, "{spelling}");
    }
    assert_eq!(tagged(&store, "tag 99").await, std::slice::from_ref(&bo));
    assert_eq!(memberships(&dynamo).await, 2 + 101, "no membership under an earlier key is left");

    let contact = store.contact(&ana).await.unwrap().unwrap();
    let remove = SetChange::RemoveTag("vip".into());
    assert_eq!(store.change_set(&contact, &remove, None).await.unwrap(), SetChangeOutcome::Done);
    assert_eq!(tags(&store, &ana).await, ["Other"], "all spellings are removed");
    assert_eq!(tagged(&store, "VIP").await, std::slice::from_ref(&bo));
    let contact = store.contact(&bo).await.unwrap().unwrap();
    assert!(store.erase_contact(&contact, at(0)).await.unwrap());
    assert!(tagged(&store, "VIP").await.is_empty());
}

#[tokio::test]
async fn steps_waits_filters_and_audiences_compare_tags_in_the_same_way() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    fixtures::stored_contact(&harness.store, json!({"email": "ana@example.com", "tags": ["  Vip "]})).await;
    let waits = json!([{"id": "gold", "type": "wait_for_event", "event": "tag_added", "tag": "GOLD", "timeout": "PT1H",
        "then": [mail("heard")], "on_timeout": [mail("missed")]}]);
    let waits = harness.publish("waits", "coupon_applied", waits, json!({})).await;
    let filter = json!([{"field": "contact_tag", "operator": "contains_any", "value": [" vip"]}]);
    let steps = json!([
        {"id": "ask", "type": "branch", "branches": [{"filters": filter, "steps": [mail("is_vip")]}], "else": []},
        {"id": "gold", "type": "add_tag", "tag": " Gold"},
        {"id": "away", "type": "remove_tag", "tag": "vIp "},
        {"id": "each", "type": "for_each_contact", "audience": {"type": "tag", "tag": "gold"}, "steps": [mail("told")]}]);
    let steps = harness.publish("steps", "coupon_redeemed", steps, json!({})).await;
    harness.handle(&harness.applied_event(&coupon, "ord_1", "ana@example.com", 2000)).await;
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", "ana@example.com", 3000)).await;
    harness.advance_to(60_000).await;
    assert_eq!(steps_of(&harness.execution_of(&waits).await), ["gold completed", "heard completed"]);
    let executions = harness.executions_of(&steps).await;
    let execution = executions.iter().find(|execution| execution.parent.is_none()).unwrap();
    let expected = ["ask completed", "is_vip completed", "gold completed", "away completed", "each completed"];
    assert_eq!(steps_of(execution), expected);
    let mut sent = harness.outbound.subjects();
    sent.sort_unstable();
    assert_eq!(sent, ["heard", "is_vip", "told"]);
    let email = couponflow_domain::purchases::customer::Email::parse("ana@example.com").unwrap();
    let ana = harness.store.contact_by_email(&email).await.unwrap().unwrap();
    assert_eq!(ana.tags.iter().map(ToString::to_string).collect::<Vec<_>>(), ["Gold"]);
}
