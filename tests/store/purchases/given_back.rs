//! Releases of redemptions during a concurrent edit of the limit. A release uses the new limit, not
//! the limit that it read before the edit.

use couponflow_app::purchases::ports::{PurchaseStore as _, RollbackOutcome};
use couponflow_app::timers::fire::FireOutcome;
use couponflow_domain::coupons::coupon::RollbackReason;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::purchases::{Application, Rollback};
use couponflow_domain::timers::timer::{Purpose, Timer};
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::remove;
use couponflow_tests::fixtures::{at, purchase_body};
use serde_json::{Value, json};

use crate::coupon_harness::CouponHarness;

/// Two edits, as terms before and after: one sets a limit, one removes it.
fn edits() -> [(Value, Value); 2] {
    let (limited, unlimited) = (json!({"max_redemptions": 5}), json!({}));
    [(unlimited.clone(), limited.clone()), (limited, unlimited)]
}

async fn hold(harness: &CouponHarness) -> Application {
    let mut body = purchase_body("FLASH20", "ord_1", "ana@example.com");
    body["hold"] = json!({"ttl_seconds": 60});
    harness.apply_body(&body, 1).await.unwrap()
}

/// Asserts that no redemption of the coupon is used or held.
async fn check_nothing_is_used(harness: &CouponHarness) {
    let coupon = harness.coupon().await;
    assert_eq!((coupon.times_redeemed, coupon.held, coupon.remaining), (0, 0, coupon.terms.max_redemptions));
}

#[tokio::test]
async fn a_release_of_a_hold_follows_a_concurrent_limit_edit() {
    for (before, after) in edits() {
        let harness = CouponHarness::with(before).await;
        let application = hold(&harness).await;
        let seen = harness.coupon().await;
        harness.edited(after, 2).await;
        assert!(!harness.store.remove_application(&application, &seen).await.unwrap());
        assert!(remove(&harness.store, &application.id).await.unwrap());
        check_nothing_is_used(&harness).await;
    }
}

#[tokio::test]
async fn an_expiring_hold_follows_a_concurrent_limit_edit() {
    for (before, after) in edits() {
        let harness = CouponHarness::with(before).await;
        let application = hold(&harness).await;
        let seen = harness.coupon().await;
        harness.edited(after, 2).await;
        let (coupon_id, application_id) = (harness.id.clone(), application.id.clone());
        let purpose = Purpose::HoldExpiry { coupon_id, application_id };
        let timer = Timer { tenant_id: fixtures::tenant("demo"), due_at: at(60_001), purpose };
        assert!(!harness.store.expire_hold(&application, &seen, &timer, false).await.unwrap());
        assert!(harness.store.application(&application.id).await.unwrap().unwrap().hold.is_some());
        assert_eq!(harness.fire_due(60_001).await, [FireOutcome::Done]);
        check_nothing_is_used(&harness).await;
    }
}

#[tokio::test]
async fn a_rollback_follows_a_concurrent_limit_edit() {
    for (before, after) in edits() {
        let harness = CouponHarness::with(before).await;
        let redemption = harness.redeem("ord_1", 1).await.unwrap();
        let seen = harness.coupon().await;
        harness.edited(after, 2).await;
        let rollback = Rollback::new(&seen, RollbackReason::Refunded, at(3));
        let rolled_back =
            harness.store.roll_back(&redemption, rollback, &seen, &CorrelationId::new("request")).await.unwrap();
        assert_eq!(rolled_back, RollbackOutcome::Changed);
        assert_eq!(harness.store.redemption(&redemption.id).await.unwrap().unwrap().rollback, None);
        harness.roll_back(&redemption, 4).await;
        check_nothing_is_used(&harness).await;
    }
}
