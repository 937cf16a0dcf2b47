use couponflow_app::ports::{ReadCoupons as _, Redemptions as _, RelayStore as _, TenantStores as _};
use couponflow_app::roll_back::roll_back;
use couponflow_domain::coupon::RollbackReason;
use couponflow_domain::rejection::Rejection;
use couponflow_tests::given::{self, at, stored_coupon};
use couponflow_tests::table::Dynamo;
use futures_util::future::join_all;
use serde_json::json;

use crate::instance::Instance;

#[tokio::test]
async fn a_redemption_is_given_back_once_however_often_it_is_reported() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&given::tenant("demo"));
    let terms = json!({"max_redemptions": 2, "max_redemptions_per_customer": 1});
    let coupon = stored_coupon(&store, "TWO", terms).await;
    let shop = Instance::of(&dynamo);
    let first = shop.redeem("TWO", "ord_1", "ana@example.com", 1).await.unwrap();
    shop.redeem("TWO", "ord_2", "bo@example.com", 1).await.unwrap();
    assert_eq!(shop.redeem("TWO", "ord_3", "cy@example.com", 1).await, Err(Rejection::LimitReached));
    store.number_redemption(&first.id, 1).await.unwrap();

    let reports = RollbackReason::ALL.iter().cycle().take(12);
    let stores: Vec<_> = reports.map(|reason| (dynamo.instance().of(&given::tenant("demo")), *reason)).collect();
    let rolled_back =
        join_all(stores.iter().map(|(store, reason)| roll_back(store, &first.id, *reason, at(2), "r"))).await;
    let reasons: Vec<_> = rolled_back.into_iter().map(|r| r.unwrap().unwrap().rollback.unwrap().reason).collect();
    let stored = store.coupon(&coupon.id).await.unwrap().unwrap();
    assert_eq!((stored.times_redeemed, stored.remaining, stored.limit_epoch), (1, Some(1), 2));
    let kept = store.redemption(&first.id).await.unwrap().unwrap();
    assert!(reasons.iter().all(|reason| *reason == kept.rollback.unwrap().reason), "everybody hears the same");
    assert_eq!(kept.redemption_number, Some(1));

    let again = shop.redeem("TWO", "ord_1", "ana@example.com", 3).await.unwrap();
    assert_ne!(again.id, first.id, "the order may be paid after all");
    assert_eq!(shop.redeem("TWO", "ord_3", "cy@example.com", 4).await, Err(Rejection::LimitReached));
    assert_eq!(store.redemption(&first.id).await.unwrap().unwrap().rollback, kept.rollback);
    let (numbered, _) = store.number_redemption(&again.id, 3).await.unwrap();
    assert_eq!(numbered.id, again.id);
}

#[tokio::test]
async fn redeeming_and_giving_back_at_once_never_exceeds_the_limit() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&given::tenant("demo"));
    let coupon = stored_coupon(&store, "FIVE", json!({"max_redemptions": 5})).await;
    let shoppers = (0..24).map(|i| {
        let (shop, store) = (Instance::of(&dynamo), store.clone());
        async move {
            let Ok(redemption) = shop.redeem("FIVE", &format!("ord_{i}"), "ana@example.com", i).await else { return 0 };
            if i % 2 == 0 {
                roll_back(&store, &redemption.id, RollbackReason::Refunded, at(i), "r").await.unwrap().unwrap();
                return 0;
            }
            1
        }
    });
    let mut standing: i64 = join_all(shoppers).await.into_iter().sum();
    let last = Instance::of(&dynamo);
    while last.redeem("FIVE", &format!("ord_last_{standing}"), "ana@example.com", 100).await.is_ok() {
        standing += 1;
    }
    let stored = store.coupon(&coupon.id).await.unwrap().unwrap();
    assert_eq!((standing, stored.times_redeemed, stored.remaining), (5, 5, Some(0)));
}

#[tokio::test]
async fn what_the_release_policy_leaves_out_is_recorded_and_not_released() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&given::tenant("demo"));
    let terms = json!({"max_redemptions": 1, "release_on": ["payment_failed"]});
    let coupon = stored_coupon(&store, "ONCE1", terms).await;
    let redemption = Instance::of(&dynamo).redeem("ONCE1", "ord_1", "ana@example.com", 1).await.unwrap();
    let given_back = roll_back(&store, &redemption.id, RollbackReason::Refunded, at(2), "r").await.unwrap().unwrap();
    assert!(!given_back.rollback.unwrap().released);
    let stored = store.coupon(&coupon.id).await.unwrap().unwrap();
    assert_eq!((stored.times_redeemed, stored.remaining, stored.limit_epoch), (1, Some(0), 1));
}
