//! Rollbacks. A redemption is rolled back at most once, and the limit holds under concurrency. The
//! release policy decides whether the redemption becomes available again.

use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_app::events::ports::EventStore as _;
use couponflow_app::purchases::ports::PurchaseStore as _;
use couponflow_app::purchases::roll_back::roll_back;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_domain::coupons::coupon::RollbackReason;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::counters::RedemptionNumber;
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::{at, stored_coupon};
use couponflow_tests::table::Dynamo;
use futures_util::future::join_all;
use serde_json::json;
use strum::VariantArray as _;

use crate::instance::RedeemInstance;

#[tokio::test]
async fn a_redemption_is_rolled_back_once_under_concurrency() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let terms = json!({"max_redemptions": 2, "max_redemptions_per_customer": 1});
    let coupon = stored_coupon(&store, "TWO", terms).await;
    let shop = RedeemInstance::of(&dynamo);
    let first = shop.redeem("TWO", "ord_1", "ana@example.com", 1).await.unwrap();
    shop.redeem("TWO", "ord_2", "bo@example.com", 1).await.unwrap();
    assert_eq!(shop.redeem("TWO", "ord_3", "cy@example.com", 1).await, Err(Rejection::LimitReached));
    store.number_redemption(&first.id, RedemptionNumber::FIRST).await.unwrap();

    let request = CorrelationId::new("r");
    let reports = RollbackReason::VARIANTS.iter().cycle().take(12);
    let stores: Vec<_> = reports.map(|reason| (dynamo.instance().of(&fixtures::tenant("demo")), *reason)).collect();
    let rolled_back =
        join_all(stores.iter().map(|(store, reason)| roll_back(store, &first.id, *reason, at(2), &request))).await;
    let reasons: Vec<_> = rolled_back.into_iter().map(|r| r.unwrap().unwrap().rollback.unwrap().reason).collect();
    let stored = store.coupon(&coupon.id).await.unwrap().unwrap();
    assert_eq!((stored.times_redeemed, stored.remaining, stored.limit_epoch.get()), (1, Some(1), 2));
    let kept = store.redemption(&first.id).await.unwrap().unwrap();
    assert!(
        reasons.iter().all(|reason| *reason == kept.rollback.unwrap().reason),
        "every report gets the same rollback"
    );
    assert_eq!(kept.redemption_number, Some(RedemptionNumber::FIRST));

    let again = shop.redeem("TWO", "ord_1", "ana@example.com", 3).await.unwrap();
    assert_ne!(again.id, first.id, "the order can redeem again");
    assert_eq!(shop.redeem("TWO", "ord_3", "cy@example.com", 4).await, Err(Rejection::LimitReached));
    assert_eq!(store.redemption(&first.id).await.unwrap().unwrap().rollback, kept.rollback);
    let (numbered, _) = store.number_redemption(&again.id, RedemptionNumber::new(3)).await.unwrap();
    assert_eq!(numbered.id, again.id);
}

#[tokio::test]
async fn concurrent_redemptions_and_rollbacks_never_exceed_the_limit() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let coupon = stored_coupon(&store, "FIVE", json!({"max_redemptions": 5})).await;
    let shoppers = (0..24).map(|i| {
        let (shop, store) = (RedeemInstance::of(&dynamo), store.clone());
        async move {
            let redemption = shop.redeem("FIVE", &format!("ord_{i}"), "ana@example.com", i).await.ok()?;
            if i % 2 == 0 {
                roll_back(&store, &redemption.id, RollbackReason::Refunded, at(i), &CorrelationId::new("r"))
                    .await
                    .unwrap()
                    .unwrap();
            }
            Some(i % 2 == 0)
        }
    });
    let redeemed = join_all(shoppers).await;
    let rolled_back = redeemed.iter().filter(|redeemed| **redeemed == Some(true)).count();
    let mut standing = redeemed.iter().filter(|redeemed| **redeemed == Some(false)).count() as i64;
    assert!(rolled_back > 0, "no redemption was rolled back");
    let last = RedeemInstance::of(&dynamo);
    while last.redeem("FIVE", &format!("ord_last_{standing}"), "ana@example.com", 100).await.is_ok() {
        standing += 1;
    }
    let stored = store.coupon(&coupon.id).await.unwrap().unwrap();
    assert_eq!((standing, stored.times_redeemed, stored.remaining), (5, 5, Some(0)));
}

#[tokio::test]
async fn a_rollback_outside_the_release_policy_releases_nothing() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let terms = json!({"max_redemptions": 1, "release_on": ["payment_failed"]});
    let coupon = stored_coupon(&store, "ONCE1", terms).await;
    let redemption = RedeemInstance::of(&dynamo).redeem("ONCE1", "ord_1", "ana@example.com", 1).await.unwrap();
    let given_back = roll_back(&store, &redemption.id, RollbackReason::Refunded, at(2), &CorrelationId::new("r"))
        .await
        .unwrap()
        .unwrap();
    assert!(!given_back.rollback.unwrap().released);
    let stored = store.coupon(&coupon.id).await.unwrap().unwrap();
    assert_eq!((stored.times_redeemed, stored.remaining, stored.limit_epoch.get()), (1, Some(0), 1));
}
