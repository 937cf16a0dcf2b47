//! The event log: order, paging, searches, time ranges and damaged entries.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use couponflow_app::events::ports::{EventQuery, EventStore as _};
use couponflow_app::kernel::page::{Page, PageRequest};
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::dynamo::TenantStore;
use couponflow_domain::events::event::{CouponSnapshot, Event, EventType};
use couponflow_domain::kernel::cursor::Cursor;
use couponflow_domain::kernel::ids::{CouponId, EventId};
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::at;
use couponflow_tests::table::Dynamo;
use serde_json::{Value, json};

const DAY_MS: i64 = 86_400_000;

/// Builds an event. Every tenth instant belongs to the coupon `TENTH`, the others to `OTHERS`.
fn event(at_ms: i64) -> Event {
    let code = if at_ms % 10 == 0 { "TENTH" } else { "OTHERS" };
    let coupon = CouponSnapshot::from(&fixtures::coupon(code, json!({})));
    Event::coupon_expired(&fixtures::tenant("demo"), coupon, at(at_ms))
}

/// Logs an event at each instant. Returns their ids, newest first.
async fn log(store: &TenantStore, instants: impl Iterator<Item = i64>) -> Vec<String> {
    let events: Vec<Event> = instants.map(event).collect();
    let mut by_coupon: BTreeMap<CouponId, Vec<Event>> = BTreeMap::new();
    events.iter().for_each(|e| by_coupon.entry(e.data.coupon.id.clone()).or_default().push(e.clone()));
    for events in by_coupon.values() {
        store.log_events(events).await.unwrap();
    }
    let mut ids: Vec<String> = events.iter().map(|event| event.id().to_string()).collect();
    ids.sort_unstable_by(|a, b| b.cmp(a));
    ids
}

async fn page(store: &TenantStore, query: &EventQuery, limit: usize, cursor: Option<Cursor>) -> Page<Value> {
    store.events(query, &PageRequest { limit, cursor }, at(2 * DAY_MS)).await.unwrap()
}

fn ids(page: &Page<Value>) -> Vec<String> {
    page.data.iter().map(|event| event["detail"]["metadata"]["event_id"].as_str().unwrap().to_owned()).collect()
}

/// Reads every page. Returns the ids and the number of pages that had events.
async fn all(store: &TenantStore, query: &EventQuery, limit: usize) -> (Vec<String>, usize) {
    let (mut found, mut pages, mut cursor) = (Vec::new(), 0, None);
    loop {
        let page = page(store, query, limit, cursor).await;
        assert!(page.data.len() <= limit);
        found.extend(ids(&page));
        pages += usize::from(!page.data.is_empty());
        cursor = page.next_cursor;
        if cursor.is_none() {
            return (found, pages);
        }
    }
}

/// The keys of all stored items.
async fn stored_keys(dynamo: &Dynamo) -> Vec<(String, String)> {
    let items = dynamo.client.scan().table_name("couponflow").into_paginator().items().send();
    let items = items.collect::<Result<Vec<_>, _>>().await.unwrap();
    let text = |value: &AttributeValue| value.as_s().unwrap().clone();
    items.iter().map(|item| (text(&item["pk"]), text(&item["sk"]))).collect()
}

#[tokio::test]
async fn the_log_spreads_a_day_over_partitions_and_lists_it_in_order() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    // The log has a day with more entries than one read of all partitions returns, a day without
    // entries, and an earlier day.
    let logged = log(&store, (0..650).map(|i| DAY_MS + i).chain((-DAY_MS - 40)..-DAY_MS)).await;
    let keys = stored_keys(&dynamo).await;
    let partitions: BTreeSet<_> = keys.iter().map(|(pk, _)| pk.as_str()).collect();
    assert_eq!(partitions.len(), 8, "{partitions:?}");
    let (found, pages) = all(&store, &EventQuery::default(), 100).await;
    assert_eq!(found, logged);
    assert_eq!(pages, 7);
    assert_eq!(all(&store, &EventQuery::default(), 7).await.0, logged);
}

#[tokio::test]
async fn a_search_over_many_entries_finds_each_match_once() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let logged = log(&store, 0..700).await;
    let coupon_id = Some(fixtures::coupon("TENTH", json!({})).id);
    let tenths: Vec<String> = logged.into_iter().skip(9).step_by(10).collect();
    let query = EventQuery { coupon_id, ..EventQuery::default() };
    assert_eq!(all(&store, &query, 100).await, (tenths.clone(), 1));
    assert_eq!(all(&store, &query, 7).await.0, tenths);
}

#[tokio::test]
async fn a_time_range_includes_its_start_and_excludes_its_end() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let logged = log(&store, [0, 1, 2, 3, DAY_MS, DAY_MS + 1].into_iter()).await;
    let query = EventQuery { from: Some(at(1)), to: Some(at(DAY_MS + 1)), ..EventQuery::default() };
    assert_eq!(all(&store, &query, 2).await.0, logged[1..5]);
    let of_one_ms = EventQuery { from: Some(at(2)), to: Some(at(3)), ..EventQuery::default() };
    assert_eq!(all(&store, &of_one_ms, 2).await.0, logged[3..4]);
}

#[tokio::test]
async fn a_search_with_few_matches_continues_where_it_stopped() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let logged = log(&store, 0..2100).await;
    let nothing = EventQuery { kind: Some(EventType::CouponRedeemed), ..EventQuery::default() };
    let first = page(&store, &nothing, 10, None).await;
    assert!(first.data.is_empty());
    assert_eq!(first.next_cursor, Some(Cursor::new(&logged[1999])), "2,000 entries were examined");
    let mut next = first.next_cursor;
    while next.is_some() {
        let rest = page(&store, &nothing, 10, next.clone()).await;
        let is_below = |below: &Cursor| next.as_ref().is_some_and(|next| below.as_str() < next.as_str());
        assert!(rest.data.is_empty() && rest.next_cursor.as_ref().is_none_or(is_below));
        next = rest.next_cursor;
    }
}

#[tokio::test]
async fn a_call_reads_at_most_14_days_without_events_and_the_next_call_continues_with_earlier_days() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let called = async |cursor| {
        let before = dynamo.calls();
        let page = page(&store, &EventQuery::default(), 10, cursor).await;
        (page, dynamo.calls() - before)
    };
    let (mut cursor, mut pages) = (None, 0);
    loop {
        let (page, calls) = called(cursor).await;
        assert!(page.data.is_empty() && calls <= 4 * 14, "{calls} calls");
        pages += 1;
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(pages, 7, "91 days, the first and the last in part");
    // Instants of several kinds: in the newest days, at the start and the end of a day, just before
    // the last day that a call reads, and in the oldest day.
    let days = [2, -7, -8, -40].map(|day| day * DAY_MS).into_iter();
    let days = days.chain([-7 * DAY_MS - 1, -14 * DAY_MS - 1, -88 * DAY_MS + 1]);
    let logged = log(&store, days).await;
    assert_eq!(all(&store, &EventQuery::default(), 10).await.0, logged);
    assert_eq!(all(&store, &EventQuery::default(), 1).await.0, logged);
    let (page, calls) = called(None).await;
    assert!(!page.data.is_empty() && page.next_cursor.is_some() && calls <= 4 * 17, "{calls} calls");
}

#[tokio::test]
async fn a_damaged_entry_is_skipped_and_hides_no_other() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let logged = log(&store, 0..3).await;
    for (id, attribute, damage) in [(&logged[0], "envelope", "{"), (&logged[1], "event_type", "CouponLost")] {
        let (pk, sk) = stored_keys(&dynamo).await.into_iter().find(|(_, sk)| sk == id).unwrap();
        let update = dynamo.client.update_item().table_name("couponflow").key("pk", AttributeValue::S(pk));
        let update = update.key("sk", AttributeValue::S(sk)).update_expression(format!("SET {attribute} = :damage"));
        update.expression_attribute_values(":damage", AttributeValue::S(damage.to_owned())).send().await.unwrap();
    }
    assert_eq!(all(&store, &EventQuery::default(), 10).await.0, logged[2..]);
}

#[tokio::test]
async fn an_invalid_cursor_yields_an_empty_page() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    log(&store, 0..3).await;
    let oldest = EventId::new(at(-400 * DAY_MS), [0; 10]).to_string();
    for cursor in ["x", "evt_", "cpn_01KAP2V7E8QJ6D0Y4T3M5N9R1C", &oldest] {
        let page = page(&store, &EventQuery::default(), 10, Some(Cursor::new(cursor))).await;
        assert!(page.data.is_empty() && page.next_cursor.is_none(), "{cursor}");
    }
    let beyond = EventId::new(at(400 * DAY_MS), [0; 10]).to_string();
    assert_eq!(page(&store, &EventQuery::default(), 10, Some(Cursor::new(beyond))).await.data.len(), 3);
}
