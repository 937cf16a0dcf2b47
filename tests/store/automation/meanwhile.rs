//! Interruption sweeps of requests: the order's hold changes before any one of the request's table
//! calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use couponflow_app::coupons::cache::CouponCache;
use couponflow_app::purchases::redeem::{Redeemed, redeem};
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::dynamo::TenantStore;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::ids::ApplicationId;
use couponflow_domain::kernel::input;
use couponflow_domain::purchases::{Checkout, RedeemRequest};
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::{apply_codes, remove};
use couponflow_tests::fixtures::{at, purchase_body};
use serde_json::{Value, json};

use crate::coupon_harness::CouponHarness;

fn buying() -> Value {
    purchase_body("FLASH20", "ord_1", "ana@example.com")
}

fn holding() -> Value {
    let mut body = buying();
    body["hold"] = json!({"ttl_seconds": 60});
    body
}

/// Sends a request once for each of its table calls. Each time, the order first holds the only
/// redemption, and `meanwhile` runs right before call n of the request. Returns the number of calls
/// of an uninterrupted request.
async fn interrupt_each_call(
    request: impl AsyncFn(&TenantStore, &str),
    meanwhile: impl AsyncFnOnce(&TenantStore, &ApplicationId) + Clone + Send + 'static,
) -> usize {
    for before_call in 0.. {
        let harness = CouponHarness::with(json!({"max_redemptions": 1})).await;
        let application = harness.apply_body(&holding(), 1).await.unwrap();
        let (store, happened) = (harness.store.clone(), Arc::new(AtomicBool::new(false)));
        let (meanwhile, happens) = (meanwhile.clone(), Arc::clone(&happened));
        let meanwhile = async move || {
            meanwhile(&store, &application.id).await;
            happens.store(true, Ordering::SeqCst);
        };
        let shop = harness.dynamo.interrupted_instance(before_call, meanwhile).of(&fixtures::tenant("demo"));
        request(&shop, &format!("before call {before_call}")).await;
        if !happened.load(Ordering::SeqCst) {
            return before_call;
        }
    }
    unreachable!("a request ends")
}

async fn release(store: &TenantStore, id: &ApplicationId) {
    assert!(remove(store, id).await.unwrap());
}

async fn redeems(shop: &TenantStore, when: &str) {
    let (tenant, cache) = (fixtures::tenant("demo"), CouponCache::default());
    let request = input::read(&buying(), RedeemRequest::read).unwrap();
    let redeemed = redeem(shop, &cache, &tenant, request, at(2), &CorrelationId::new("request")).await.unwrap();
    assert!(matches!(redeemed, Redeemed::Redemptions(_)), "{when}: {redeemed:?}");
}

async fn prolongs(shop: &TenantStore, when: &str) {
    let checkout = input::read(&holding(), Checkout::read).unwrap();
    let applied = apply_codes(shop, &checkout, at(2), "request").await.unwrap().remove(0);
    assert!(applied.outcome.is_ok_and(|application| application.hold.is_some()), "{when}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_redeems_even_if_its_hold_is_released_meanwhile() {
    let calls = interrupt_each_call(redeems, release).await;
    assert_eq!(
        calls, 6,
        "a redeem reads the code, the coupon, the profile, the hold and the redemption, and writes once"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_hold_is_used_meanwhile_gets_that_redemption() {
    let use_it = async |store: &TenantStore, _: &ApplicationId| redeems(store, "in the interruption").await;
    let calls = interrupt_each_call(redeems, use_it).await;
    assert!(calls >= 5, "the redeem takes only {calls} calls");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_gets_a_new_hold_if_its_hold_is_released_meanwhile() {
    let calls = interrupt_each_call(prolongs, release).await;
    assert_eq!(
        calls, 6,
        "a prolongation reads the profile, the code, the coupon, the hold and the application, and writes"
    );
}
