//! An overdue expiry takes effect before an operator's change. An operator's change never
//! overwrites a concurrent change of another operator.

use couponflow_app::coupons::edit;
use couponflow_app::coupons::edit::CouponEditOutcome;
use couponflow_domain::coupons::coupon::State;
use couponflow_tests::fixtures::at;
use couponflow_tests::{due, fixtures};
use serde_json::json;
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use crate::coupon_harness::CouponHarness;

#[tokio::test]
async fn deleting_an_overdue_coupon_lets_the_expiry_fire_first() {
    let mut harness = CouponHarness::with(json!({"expires_at": at(1000)})).await;
    let seen = harness.coupon().await.version;
    let deleted = edit::delete(&harness.store, &harness.id, |version| version == seen, at(1000)).await.unwrap();
    assert!(matches!(deleted, CouponEditOutcome::Done(_)), "{deleted:?}");
    assert_eq!(harness.coupon().await.state, State::Deleted);
    assert!(due::timers(&harness.dynamo).await.is_empty());
    let expired = harness.relay().await.of("CouponExpired");
    assert_eq!(expired.iter().map(|event| event.metadata.occurred_at).collect::<Vec<_>>(), [at(1000)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_of_an_overdue_coupon_overwrites_no_concurrent_edit() {
    let harness = CouponHarness::with(json!({"expires_at": at(1000)})).await;
    let seen = harness.coupon().await.version;
    let extended = |by_ms: i64| fixtures::coupon("FLASH20", json!({"expires_at": at(by_ms)})).terms;
    // Another operator's edit completes right after this edit has read the coupon.
    let expected = |version| {
        if version == seen {
            let theirs = edit::edit(&harness.store, &harness.id, |_| true, |_| Ok(extended(5000)), at(2000));
            block_in_place(|| Handle::current().block_on(theirs)).unwrap();
        }
        version == seen
    };
    let ours = edit::edit(&harness.store, &harness.id, expected, |_| Ok(extended(9000)), at(2000)).await.unwrap();
    assert_eq!(ours, CouponEditOutcome::Stale);
    assert_eq!(harness.coupon().await.terms.expires_at, Some(at(5000)));
}
