//! Audiences: memberships do not depend on the order of events, and lists are read page by page.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use couponflow_app::contacts::ports::ContactStore as _;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::dynamo::TenantStore;
use couponflow_domain::contacts::audience::Audience;
use couponflow_domain::contacts::contact::{Contact, MAX_TAGS_OR_LISTS, SetChange};
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::events::event::{Detail, Event};
use couponflow_domain::kernel::cursor::Cursor;
use couponflow_domain::kernel::ids::{ContactId, CouponId, RedemptionId};
use couponflow_tests::fixtures::at;
use couponflow_tests::table::Dynamo;
use couponflow_tests::{fixtures, repository};
use futures_util::future::join_all;
use serde_json::{Value, json};

async fn store() -> (Dynamo, TenantStore) {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    (dynamo, store)
}

/// Builds an event of the coupon. If the event has a redemption id, `redemption` determines the id.
fn event(kind: &str, coupon: &Coupon, redemption: u8, ms: i64) -> Event {
    let mut detail = repository::json(&format!("events/samples/{kind}.json"))["detail"].clone();
    detail["data"]["coupon"]["id"] = json!(coupon.id);
    detail["metadata"]["occurred_at"] = json!(at(ms));
    if let Some(sample) = detail["data"].get_mut("redemption") {
        sample["id"] = json!(RedemptionId::new(at(0), [redemption; 10]));
    }
    let kind = serde_json::from_value(json!(kind)).unwrap();
    let detail: Detail = serde_json::from_value(detail).unwrap();
    Event { kind, metadata: detail.metadata, data: detail.data }
}

/// Lists every contact of an audience, in pages of `limit`.
async fn all(store: &TenantStore, audience: &Audience, limit: usize) -> Vec<ContactId> {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.audience(audience, cursor.as_ref(), limit).await.unwrap();
        assert!(page.data.len() <= limit);
        found.extend(page.data);
        cursor = page.next_cursor;
        if cursor.is_none() {
            return found;
        }
    }
}

fn of_coupon(coupon: &CouponId) -> [Audience; 2] {
    let id = || Some(coupon.clone());
    [Audience::AppliedNotRedeemed { coupon_id: id() }, Audience::Redeemed { coupon_id: id() }]
}

/// Whether the audience "applied, not redeemed" has a member, and whether the audience "redeemed"
/// has one.
async fn has_members(store: &TenantStore, coupon: &Coupon) -> (bool, bool) {
    let [open, redeemed] = of_coupon(&coupon.id);
    (!all(store, &open, 100).await.is_empty(), !all(store, &redeemed, 100).await.is_empty())
}

#[tokio::test]
async fn audience_membership_does_not_depend_on_the_order_of_events() {
    let coupon = fixtures::coupon("FLASH20", json!({}));
    let ana = fixtures::contact(json!({"email": "ana@example.com"}));
    let applied = event("CouponApplied", &coupon, 0, 10);
    let redeemed = |bits| event("CouponRedeemed", &coupon, bits, 20);
    let rolled_back = |bits| event("CouponRedemptionRolledBack", &coupon, bits, 30);
    let stories = [
        (vec![applied.clone()], (true, false)),
        (vec![applied.clone(), redeemed(1)], (false, true)),
        (vec![redeemed(1)], (false, true)),
        (vec![applied.clone(), redeemed(1), rolled_back(1)], (true, false)),
        (vec![redeemed(1), rolled_back(1)], (false, false)),
        (vec![applied, redeemed(1), rolled_back(1), redeemed(2)], (false, true)),
        (vec![event("CouponExpired", &coupon, 0, 10), event("CouponRejected", &coupon, 0, 10)], (false, false)),
    ];
    for (events, expected) in stories {
        let backwards = events.iter().rev().cloned().collect();
        let twice = events.iter().chain(&events).cloned().collect();
        for events in [events, backwards, twice] {
            let (dynamo, store) = store().await;
            for event in &events {
                let calls = dynamo.calls();
                store.update_audiences(event, &ana.id).await.unwrap();
                assert!(dynamo.calls() - calls <= 1, "an event takes at most one call");
            }
            let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
            assert_eq!(has_members(&store, &coupon).await, expected, "{kinds:?}");
        }
    }
}

#[tokio::test]
async fn an_audience_belongs_to_one_coupon_and_tenant() {
    let (dynamo, store) = store().await;
    let [flash, other] = ["FLASH20", "OTHER20"].map(|code| fixtures::coupon(code, json!({})));
    let ana = fixtures::contact(json!({"email": "ana@example.com"}));
    store.update_audiences(&event("CouponRedeemed", &flash, 1, 0), &ana.id).await.unwrap();
    assert_eq!(has_members(&store, &flash).await, (false, true));
    assert_eq!(has_members(&store, &other).await, (false, false));
    let of_another = dynamo.instance().of(&fixtures::tenant("other"));
    assert_eq!(has_members(&of_another, &flash).await, (false, false));
    let unnamed = Audience::Redeemed { coupon_id: None };
    assert!(store.audience(&unnamed, None, 10).await.is_err());
    assert_eq!(all(&store, &unnamed.with_event_coupon(&flash.id), 10).await, [ana.id]);
}

#[tokio::test]
async fn erasure_removes_a_contact_from_the_audiences_of_coupons() {
    let (_dynamo, store) = store().await;
    let coupons = ["FLASH20", "OTHER20"].map(|code| fixtures::coupon(code, json!({})));
    let ana = fixtures::stored_contact(&store, json!({"email": "ana@example.com"})).await;
    let bo = fixtures::stored_contact(&store, json!({"email": "bo@example.com"})).await;
    for coupon in &coupons {
        for contact in [&ana, &bo] {
            store.update_audiences(&event("CouponApplied", coupon, 0, 0), &contact.id).await.unwrap();
        }
    }
    assert!(store.erase_contact(&ana, at(0)).await.unwrap());
    for coupon in &coupons {
        assert_eq!(all(&store, &of_coupon(&coupon.id)[0], 10).await, std::slice::from_ref(&bo.id));
    }
}

#[tokio::test]
async fn membership_stays_correct_beyond_the_maximum_of_stored_redemptions() {
    let (_dynamo, store) = store().await;
    let coupon = fixtures::coupon("FLASH20", json!({}));
    let ana = fixtures::contact(json!({"email": "ana@example.com"}));
    for i in 0..=MAX_TAGS_OR_LISTS {
        let mut redeemed = event("CouponRedeemed", &coupon, 0, 0);
        let id = RedemptionId::new(at(i as i64), [0; 10]);
        redeemed.data.redemption.as_mut().unwrap().id = id;
        store.update_audiences(&redeemed, &ana.id).await.unwrap();
    }
    assert_eq!(has_members(&store, &coupon).await, (false, true));
}

#[tokio::test]
async fn a_list_is_paged_without_repeats_while_members_come_and_go() {
    let (_dynamo, store) = store().await;
    let contact = |name: &str| fixtures::stored_contact(&store, named(name));
    let mut contacts: Vec<Contact> = Vec::new();
    for begin in (0..1000).step_by(50) {
        let names: Vec<String> = (begin..begin + 50).map(|i| format!("stays-{i}")).collect();
        contacts.extend(join_all(names.iter().map(|name| contact(name))).await);
    }
    let staying: BTreeSet<ContactId> = contacts.iter().map(|contact| contact.id.clone()).collect();
    let audience = Audience::List { list: "Retargeting".into() };
    let (mut found, mut cursor, mut page_number) = (Vec::new(), None, 0);
    let mut coming: Vec<Contact> = Vec::new();
    loop {
        let page = store.audience(&audience, cursor.as_ref(), 90).await.unwrap();
        assert!(page.data.len() <= 90);
        found.extend(page.data);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
        page_number += 1;
        for contact in coming.drain(..) {
            let off = SetChange::RemoveFromList("Retargeting".into());
            store.change_set(&contact, &off, None).await.unwrap();
        }
        let names: Vec<String> = (0..5).map(|i| format!("passes-{page_number}-{i}")).collect();
        coming = join_all(names.iter().map(|name| contact(name))).await;
    }
    assert!(page_number > 10);
    let once: BTreeSet<ContactId> = found.iter().cloned().collect();
    assert_eq!(once.len(), found.len(), "no contact is listed twice");
    assert!(once.is_superset(&staying), "every contact who was a member throughout is listed");
    assert_eq!(all(&store, &audience, 1).await.len(), 1000 + coming.len());
    let page = store.audience(&audience, Some(&Cursor::new("member#x")), 90).await.unwrap();
    assert!(page.data.is_empty() && page.next_cursor.is_none(), "a cursor that belongs to no audience yields nothing");
}

fn named(name: &str) -> Value {
    json!({"customer_id": name, "lists": ["Retargeting"]})
}

#[tokio::test]
async fn a_damaged_member_does_not_hide_other_members() {
    let (dynamo, store) = store().await;
    let contacts = join_all((0..20).map(|i| {
        let store = &store;
        async move { fixtures::stored_contact(store, named(&format!("c{i}"))).await }
    }))
    .await;
    let items = dynamo.client.scan().table_name("couponflow").send().await.unwrap().items.unwrap();
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let mut member = items.into_iter().find(|item| item["kind"] == text("MEMBER")).unwrap();
    member.insert("contact_id".into(), text("nobody"));
    dynamo.client.put_item().table_name("couponflow").set_item(Some(member)).send().await.unwrap();
    let audience = Audience::List { list: "Retargeting".into() };
    assert_eq!(all(&store, &audience, 3).await.len(), contacts.len() - 1);
}
