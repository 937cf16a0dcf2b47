//! Redemptions: limits under concurrency, repeats, expiry, caches and call counts.

use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_app::events::ports::EventStore as _;
use couponflow_app::kernel::error::StoreError;
use couponflow_app::purchases::ports::PurchaseStore as _;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_domain::coupons::coupon::State;
use couponflow_domain::kernel::counters::RedemptionNumber;
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::{at, stored_coupon};
use couponflow_tests::table::Dynamo;
use futures_util::future::join_all;
use serde_json::json;

use crate::instance::RedeemInstance;

#[tokio::test]
async fn a_limit_of_100_yields_exactly_100_for_64_concurrent_redeemers() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let coupon = stored_coupon(&store, "BETA50", json!({"max_redemptions": 100})).await;
    let redeemers = (0..64).map(|redeemer| {
        let instance = RedeemInstance::of(&dynamo);
        async move {
            let mut outcomes = Vec::new();
            for turn in 0..3 {
                let order = format!("ord_{redeemer}_{turn}");
                outcomes.push(instance.redeem("BETA50", &order, "ana@example.com", 1).await);
            }
            outcomes
        }
    });
    let outcomes: Vec<_> = join_all(redeemers).await.into_iter().flatten().collect();
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 100);
    assert!(outcomes.iter().all(|outcome| !matches!(outcome, Err(rejection) if *rejection != Rejection::LimitReached)));
    let stored = store.coupon(&coupon.id).await.unwrap().unwrap();
    assert_eq!((stored.times_redeemed, stored.remaining), (100, Some(0)));
}

#[tokio::test]
async fn one_order_redeems_once_under_concurrency() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let coupon = stored_coupon(&store, "ONCE1", json!({"max_redemptions": 5})).await;
    let instances: Vec<RedeemInstance> = (0..20).map(|_| RedeemInstance::of(&dynamo)).collect();
    let asked = instances.iter().map(|instance| instance.redeem("ONCE1", "ord_1", "ana@example.com", 1));
    let ids: std::collections::HashSet<_> = join_all(asked).await.into_iter().map(|r| r.unwrap().id).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(store.coupon(&coupon.id).await.unwrap().unwrap().times_redeemed, 1);
}

#[tokio::test]
async fn a_repeated_redeem_returns_the_redemption_after_the_limit_and_the_expiry() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    stored_coupon(&store, "LAST1", json!({"max_redemptions": 1, "expires_at": at(1000)})).await;
    let first = RedeemInstance::of(&dynamo).redeem("LAST1", "ord_1", "ana@example.com", 1).await.unwrap();
    let warm = RedeemInstance::of(&dynamo);
    assert_eq!(warm.redeem("LAST1", "ord_2", "bo@example.com", 2).await, Err(Rejection::LimitReached));
    assert_eq!(warm.redeem("LAST1", "ord_1", "ana@example.com", 3).await.unwrap().id, first.id);
    assert_eq!(warm.redeem("LAST1", "ord_1", "ana@example.com", 2000).await.unwrap().id, first.id);
    assert_eq!(warm.redeem("LAST1", "ord_3", "bo@example.com", 2000).await, Err(Rejection::CouponExpired));
}

#[tokio::test]
async fn redeem_at_expiry_instant_is_rejected_without_a_scan() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    stored_coupon(&store, "EARLYBIRD25", json!({"expires_at": at(1000)})).await;
    let instance = RedeemInstance::of(&dynamo);
    assert!(instance.redeem("EARLYBIRD25", "ord_1", "ana@example.com", 999).await.is_ok());
    assert_eq!(instance.redeem("EARLYBIRD25", "ord_2", "ana@example.com", 1000).await, Err(Rejection::CouponExpired));
}

#[tokio::test]
async fn a_warm_instance_decides_by_the_current_terms() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let coupon = stored_coupon(&store, "MEMBER20", json!({})).await;
    let warm = RedeemInstance::of(&dynamo);
    assert!(warm.redeem("MEMBER20", "ord_1", "ana@example.com", 1).await.is_ok());
    assert!(store.set_state(&coupon, State::Paused, at(2)).await.unwrap());
    assert_eq!(warm.redeem("MEMBER20", "ord_2", "ana@example.com", 3).await, Err(Rejection::CouponPaused));
    let paused = store.coupon(&coupon.id).await.unwrap().unwrap();
    assert!(store.set_state(&paused, State::Active, at(4)).await.unwrap());
    assert!(warm.redeem("MEMBER20", "ord_2", "ana@example.com", 5).await.is_ok());
}

#[tokio::test]
async fn a_customer_limit_holds_under_concurrency_for_that_customer_only() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let terms = json!({"max_redemptions": 10, "max_redemptions_per_customer": 2});
    let coupon = stored_coupon(&store, "TWICE", terms).await;
    let instances: Vec<RedeemInstance> = (0..12).map(|_| RedeemInstance::of(&dynamo)).collect();
    let asked = instances.iter().enumerate().map(|(i, instance)| async move {
        let email = if i % 2 == 0 { "ana@example.com" } else { "ANA@example.com" };
        instance.redeem("TWICE", &format!("ord_{i}"), email, 1).await
    });
    let outcomes = join_all(asked).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 2);
    assert_eq!(outcomes.iter().filter(|o| **o == Err(Rejection::CustomerLimitReached)).count(), 10);
    assert!(instances[0].redeem("TWICE", "ord_bo", "bo@example.com", 1).await.is_ok());
    let stored = store.coupon(&coupon.id).await.unwrap().unwrap();
    assert_eq!((stored.times_redeemed, stored.remaining), (3, Some(7)));
}

#[tokio::test]
async fn a_warm_redeem_takes_one_call_and_a_cold_one_three() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    stored_coupon(&store, "MEMBER20", json!({"max_redemptions": 100, "max_redemptions_per_customer": 9})).await;
    let instance = RedeemInstance::of(&dynamo);
    let mut counts = Vec::new();
    for order in ["ord_1", "ord_2", "ord_3"] {
        let before = dynamo.calls();
        instance.redeem("MEMBER20", order, "ana@example.com", 1).await.unwrap();
        counts.push(dynamo.calls() - before);
    }
    assert_eq!(counts, [3, 1, 1]);
}

#[tokio::test]
async fn a_redemption_keeps_its_number() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    stored_coupon(&store, "MEMBER20", json!({})).await;
    let redemption = RedeemInstance::of(&dynamo).redeem("MEMBER20", "ord_1", "ana@example.com", 1).await.unwrap();
    for _ in 0..2 {
        let (numbered, correlation_id) =
            store.number_redemption(&redemption.id, RedemptionNumber::new(42)).await.unwrap();
        assert_eq!(numbered.redemption_number, Some(RedemptionNumber::new(42)));
        assert!(correlation_id.unwrap().as_str().starts_with("request-"));
    }
    assert_eq!(
        store.redemption(&redemption.id).await.unwrap().unwrap().redemption_number,
        Some(RedemptionNumber::new(42))
    );
    assert!(matches!(
        store.number_redemption(&redemption.id, RedemptionNumber::new(43)).await,
        Err(StoreError::Damaged { .. })
    ));
}
