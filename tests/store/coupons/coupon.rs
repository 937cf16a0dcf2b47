//! Storing, listing and applying coupons.

use std::sync::Arc;

use couponflow_app::coupons::ports::{Code, CouponQuery, CouponStore as _, CreateOutcome};
use couponflow_app::events::ports::{EventQuery, EventStore as _};
use couponflow_app::kernel::page::PageRequest;
use couponflow_app::purchases::ports::PurchaseStore as _;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::dynamo::TenantStore;
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::coupons::coupon::{Coupon, State, Status};
use couponflow_domain::events::event::{CouponSnapshot, Event};
use couponflow_domain::kernel::counters::Revision;
use couponflow_domain::kernel::cursor::Cursor;
use couponflow_domain::kernel::ids::{CouponId, ExecutionId};
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::{apply_single, at, checkout, stored_coupon};
use couponflow_tests::table::Dynamo;
use futures_util::future::join_all;
use serde_json::json;

#[tokio::test]
async fn of_concurrent_coupons_with_one_code_one_is_created() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let coupons: Vec<Coupon> = (0..12_u8)
        .map(|i| Coupon {
            id: CouponId::new(at(0), [i; 10]),
            ..fixtures::coupon("FLASH20", json!({"expires_at": at(5000)}))
        })
        .collect();
    let created = join_all(coupons.iter().map(|coupon| store.create_coupon(coupon))).await;
    assert_eq!(created.iter().filter(|created| matches!(created, Ok(CreateOutcome::New))).count(), 1);
    assert_eq!(created.iter().filter(|created| matches!(created, Ok(CreateOutcome::Taken))).count(), 11);
    let code = store.code(&CouponCode::parse("FLASH20").unwrap()).await.unwrap();
    let Some(Code::Shared(id)) = code else { panic!("{code:?}") };
    assert_eq!(store.coupons(CouponQuery::default(), &page(10, None), at(0)).await.unwrap().data.len(), 1);
    assert_eq!(store.coupon(&id).await.unwrap().unwrap().id, id);
}

#[tokio::test]
async fn a_coupon_is_read_as_it_was_stored() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let coupon = stored_coupon(
        &store,
        "FULL1",
        json!({"discount": {"type": "percentage", "percent_off": 12.5}, "max_redemptions": 7,
            "max_redemptions_per_customer": 2, "starts_at": at(10), "expires_at": at(20),
            "minimum_order_value": {"amount": 5000, "currency": "USD"}, "metadata": {"team": "growth"},
            "applies_to": {"collections": ["summer"], "product_types": ["one_time"]}}),
    )
    .await;
    assert_eq!(store.coupon(&coupon.id).await.unwrap(), Some(coupon));
}

#[tokio::test]
async fn a_tenant_cannot_read_another_tenants_coupons() {
    let dynamo = Dynamo::start().await;
    let table = dynamo.instance();
    let (ours, theirs) = (table.of(&fixtures::tenant("ours")), table.of(&fixtures::tenant("theirs")));
    let coupon = stored_coupon(&ours, "FLASH20", json!({})).await;
    assert_eq!(theirs.coupon(&coupon.id).await.unwrap(), None);
    assert_eq!(theirs.code(&coupon.terms.code).await.unwrap(), None);
    assert!(theirs.coupons(CouponQuery::default(), &page(10, None), at(0)).await.unwrap().data.is_empty());
    assert_eq!(theirs.create_coupon(&coupon).await.unwrap(), CreateOutcome::New);
}

#[tokio::test]
async fn of_two_edits_of_one_version_one_wins() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let coupon = stored_coupon(&store, "FLASH20", json!({})).await;
    assert!(store.set_state(&coupon, State::Paused, at(1)).await.unwrap());
    assert!(!store.set_state(&coupon, State::Deleted, at(2)).await.unwrap());
    assert_eq!(store.coupon(&coupon.id).await.unwrap().unwrap().state, State::Paused);
}

#[tokio::test]
async fn coupons_are_listed_page_by_page_newest_first() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    for i in 0..5 {
        let coupon = fixtures::coupon(&format!("CODE{i}"), json!({}));
        let id = CouponId::new(at(i), [9; 10]);
        store.create_coupon(&Coupon { id, ..coupon }).await.unwrap();
    }
    let mut codes = Vec::new();
    let mut cursor = None;
    loop {
        let got = store.coupons(CouponQuery::default(), &page(2, cursor), at(9)).await.unwrap();
        assert!(got.data.len() <= 2);
        codes.extend(got.data.into_iter().map(|coupon| coupon.terms.code.as_str().to_owned()));
        cursor = got.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(codes, ["CODE4", "CODE3", "CODE2", "CODE1", "CODE0"]);
}

/// Lists the codes of matching coupons in pages of `limit`. Returns the codes and the number of
/// pages.
async fn listed(store: &TenantStore, query: CouponQuery, limit: usize) -> (Vec<String>, usize) {
    let (mut codes, mut cursor, mut pages) = (Vec::new(), None, 0);
    loop {
        let got = store.coupons(query, &page(limit, cursor), at(50_000)).await.unwrap();
        assert!(got.data.len() <= limit);
        codes.extend(got.data.into_iter().map(|coupon| coupon.terms.code.as_str().to_owned()));
        (cursor, pages) = (got.next_cursor, pages + 1);
        if cursor.is_none() {
            return (codes, pages);
        }
    }
}

#[tokio::test]
async fn generated_coupons_are_listed_separately() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let by_people = stored_coupon(&store, "MEMBER20", json!({"expires_at": at(90_000)})).await;
    let execution = ExecutionId::new(at(1), [1; 10]);
    for i in 0..30 {
        let coupon = fixtures::coupon(&format!("GIFT{i}"), json!({})).caused_by(&execution);
        assert_eq!(store.create_coupon(&coupon).await.unwrap(), CreateOutcome::New);
    }
    let generated = CouponQuery { is_generated: true, status: None };
    assert_eq!(listed(&store, CouponQuery::default(), 10).await, (vec!["MEMBER20".to_owned()], 1));
    assert_eq!(listed(&store, generated, 100).await.0.len(), 30);
    // The execution that extends a coupon is stored as the cause of this change, but the coupon
    // does not count as generated.
    let later = fixtures::coupon("MEMBER20", json!({"expires_at": at(95_000)})).terms;
    let extended = by_people.edit(later, at(2)).unwrap();
    assert!(store.edit_coupon_for(&by_people, &extended, "exe_1_longer", &execution, at(2)).await.unwrap());
    assert_eq!(listed(&store, CouponQuery::default(), 10).await.0, ["MEMBER20"]);
}

#[tokio::test]
async fn coupons_are_listed_by_status_in_full_pages_and_with_bounded_reads() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    for i in 0..250 {
        let coupon = fixtures::coupon(&format!("CODE{i}"), json!({}));
        let id = CouponId::new(at(i), [9; 10]);
        let coupon = Coupon { id, ..coupon };
        store.create_coupon(&coupon).await.unwrap();
        let state = match i {
            0 | 100 | 249 => State::Paused,
            50 => State::Deleted,
            _ => continue,
        };
        assert!(store.set_state(&coupon, state, at(1000)).await.unwrap());
    }
    let with = |status| CouponQuery { is_generated: false, status: Some(status) };
    assert_eq!(listed(&store, with(Status::Paused), 2).await.0, ["CODE249", "CODE100", "CODE0"]);
    assert_eq!(listed(&store, with(Status::Deleted), 20).await.0, ["CODE50"]);
    assert_eq!(listed(&store, CouponQuery::default(), 100).await.0.len(), 249, "the deleted coupon is left out");
    let before = dynamo.calls();
    let (none, pages) = listed(&store, with(Status::Expired), 20).await;
    assert_eq!((none.len(), pages), (0, 3), "a page examines about 100 coupons at most");
    assert!(dynamo.calls() - before < 300, "{}", dynamo.calls() - before);
}

#[tokio::test]
async fn applying_again_at_an_unchanged_price_keeps_id_and_creation_instant() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    stored_coupon(&store, "FLASH20", json!({})).await;
    let cart = checkout("FLASH20", "ord_1", "ana@example.com");
    let first = apply_single(&store, &cart, at(1)).await.unwrap();
    let again = apply_single(&store, &cart, at(2)).await.unwrap();
    assert_eq!(again, first);
    let mut named = cart.clone();
    named.customer = checkout("FLASH20", "ord_1", "bo@example.com").customer;
    let named = apply_single(&store, &named, at(2)).await.unwrap();
    assert_eq!(
        (&named.id, named.created_at),
        (&first.id, first.created_at),
        "a new customer at the same price keeps id and creation"
    );
    assert_ne!(named.customer, first.customer);
    let mut more = cart.clone();
    Arc::make_mut(&mut more.order).lines[0].quantity = 2;
    let changed = apply_single(&store, &more, at(3)).await.unwrap();
    assert_eq!(changed.discount.amount, 2 * first.discount.amount);
    assert_eq!(changed.id, first.id);
    assert_eq!(store.application(&first.id).await.unwrap().unwrap(), changed);
}

#[tokio::test]
async fn a_repeated_event_is_logged_and_counted_once() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let coupon = stored_coupon(&store, "FLASH20", json!({})).await;
    let cart = checkout("FLASH20", "ord_1", "ana@example.com");
    let application = apply_single(&store, &cart, at(1)).await.unwrap();
    let tenant = fixtures::tenant("demo");
    let event = Event::coupon_applied(&tenant, CouponSnapshot::from(&coupon), &application, Revision::FIRST, None);
    for _ in 0..3 {
        store.log_events(std::slice::from_ref(&event)).await.unwrap();
    }
    assert_eq!(store.coupon(&coupon.id).await.unwrap().unwrap().times_applied, 1);
    let logged = store.events(&EventQuery::default(), &page(10, None), at(10)).await.unwrap().data;
    assert_eq!(logged.len(), 1);
    assert_eq!(logged[0]["detail-type"], "CouponApplied");
}

fn page(limit: usize, cursor: Option<Cursor>) -> PageRequest {
    PageRequest { limit, cursor }
}
