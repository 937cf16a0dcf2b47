//! Holds: within the limit, prolonged, released, expired and used, under concurrency.

use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_app::purchases::code_rejection::CodeRejection;
use couponflow_app::purchases::ports::PurchaseStore as _;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::dynamo::TenantStore;
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_domain::purchases::{Application, Checkout};
use couponflow_domain::timers::timer::{Purpose, Timer};
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::remove;
use couponflow_tests::fixtures::{apply_single, at, checkout, stored_coupon};
use couponflow_tests::table::Dynamo;
use futures_util::future::{join, join_all};
use serde_json::json;

use crate::instance::RedeemInstance;

const TTL: chrono::TimeDelta = chrono::TimeDelta::seconds(900);

fn holding(order: &str) -> Checkout {
    Checkout { hold: Some(TTL), ..checkout("FIVE", order, "ana@example.com") }
}

async fn hold(store: &TenantStore, order: &str, now_ms: i64) -> Result<Application, CodeRejection> {
    apply_single(store, &holding(order), at(now_ms)).await
}

/// `(redeemed, held, remaining)`.
async fn counts(store: &TenantStore, coupon: &Coupon) -> (i64, i64, Option<i64>) {
    let coupon = store.coupon(&coupon.id).await.unwrap().unwrap();
    (coupon.times_redeemed, coupon.held, coupon.remaining)
}

async fn five(dynamo: &Dynamo) -> (TenantStore, Coupon) {
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let coupon = stored_coupon(&store, "FIVE", json!({"max_redemptions": 5})).await;
    (store, coupon)
}

fn end_of(application: &Application) -> Timer {
    let (coupon_id, application_id) = (application.coupon_id.clone(), application.id.clone());
    let due_at = application.hold.unwrap().expires_at;
    Timer { tenant_id: fixtures::tenant("demo"), due_at, purpose: Purpose::HoldExpiry { coupon_id, application_id } }
}

#[tokio::test]
async fn redeemed_and_held_together_never_exceed_the_limit() {
    let dynamo = Dynamo::start().await;
    let (store, coupon) = five(&dynamo).await;
    let orders: Vec<String> = (0..12).map(|i| format!("ord_{i}")).collect();
    let held = join_all(orders.iter().map(|order| hold(&store, order, 1))).await;
    assert_eq!(held.iter().filter(|held| held.is_ok()).count(), 5);
    let full = CodeRejection { rejection: Rejection::LimitReached, hold_may_free_up: true };
    assert_eq!(held.iter().filter(|held| **held == Err(full)).count(), 7);
    assert_eq!(counts(&store, &coupon).await, (0, 5, Some(0)));

    let shop = RedeemInstance::of(&dynamo);
    let redeemed = join_all(orders.iter().map(|order| shop.redeem("FIVE", order, "ana@example.com", 2))).await;
    for (held, redeemed) in held.iter().zip(&redeemed) {
        assert_eq!(held.is_ok(), redeemed.is_ok(), "exactly the orders with a hold redeem, even by code");
    }
    assert_eq!(counts(&store, &coupon).await, (5, 0, Some(0)));
    let nothing_left = CodeRejection { rejection: Rejection::LimitReached, hold_may_free_up: false };
    assert_eq!(hold(&store, "ord_late", 3).await, Err(nothing_left));
}

#[tokio::test]
async fn an_expired_hold_is_released_once() {
    let dynamo = Dynamo::start().await;
    let (store, coupon) = five(&dynamo).await;
    let application = hold(&store, "ord_1", 0).await.unwrap();
    let timer = end_of(&application);
    let ends = join_all((0..6).map(|_| store.expire_hold(&application, &coupon, &timer, false))).await;
    assert_eq!(ends.into_iter().filter(|ended| *ended.as_ref().unwrap()).count(), 1);
    assert_eq!(counts(&store, &coupon).await, (0, 0, Some(5)));
    assert_eq!(store.application(&application.id).await.unwrap().unwrap().hold, None);
}

#[tokio::test]
async fn holding_again_prolongs_the_hold_and_voids_the_old_timer() {
    let dynamo = Dynamo::start().await;
    let (store, coupon) = five(&dynamo).await;
    let first = hold(&store, "ord_1", 0).await.unwrap();
    let second = hold(&store, "ord_1", 60_000).await.unwrap();
    assert_eq!((&second.id, second.created_at), (&first.id, first.created_at));
    assert_eq!(counts(&store, &coupon).await, (0, 1, Some(4)));
    assert!(!store.expire_hold(&first, &coupon, &end_of(&first), false).await.unwrap());
    assert!(store.expire_hold(&second, &coupon, &end_of(&second), false).await.unwrap());
    assert_eq!(counts(&store, &coupon).await, (0, 0, Some(5)));
}

#[tokio::test]
async fn removing_the_code_releases_the_hold_once() {
    let dynamo = Dynamo::start().await;
    let (store, coupon) = five(&dynamo).await;
    let application = hold(&store, "ord_1", 0).await.unwrap();
    let removed = join_all((0..5).map(|_| remove(&store, &application.id))).await;
    assert_eq!(removed.into_iter().filter(|removed| *removed.as_ref().unwrap()).count(), 1);
    assert_eq!(counts(&store, &coupon).await, (0, 0, Some(5)));
    assert!(!store.expire_hold(&application, &coupon, &end_of(&application), false).await.unwrap());
}

#[tokio::test]
async fn concurrent_redemption_and_expiry_use_a_hold_once() {
    let dynamo = Dynamo::start().await;
    let (store, coupon) = five(&dynamo).await;
    for i in 0..5 {
        let order = format!("ord_{i}");
        let application = hold(&store, &order, 0).await.unwrap();
        let shop = RedeemInstance::of(&dynamo);
        let body = json!({"application_id": application.id, "order": application.order});
        let timer = end_of(&application);
        let ended = store.expire_hold(&application, &coupon, &timer, false);
        let (redeemed, ended) = join(shop.redeem_body(&body, 1), ended).await;
        redeemed.unwrap();
        ended.unwrap();
        assert_eq!(counts(&store, &coupon).await, (i + 1, 0, Some(4 - i)));
    }
}

#[tokio::test]
async fn a_customer_at_the_customer_limit_cannot_hold() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    stored_coupon(&store, "FIVE", json!({"max_redemptions": 5, "max_redemptions_per_customer": 1})).await;
    RedeemInstance::of(&dynamo).redeem("FIVE", "ord_1", "ANA@example.com", 1).await.unwrap();
    let refused = hold(&store, "ord_2", 2).await;
    assert_eq!(refused, Err(Rejection::CustomerLimitReached.into()));
}
