//! Reuse of a code: the first coupon was deleted, and another coupon has the same code.

use couponflow_app::coupons::edit;
use couponflow_app::coupons::edit::CouponEditOutcome;
use couponflow_app::coupons::ports::{CouponStore as _, CreateOutcome};
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::kernel::ids::CouponId;
use couponflow_domain::purchases::Application;
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::{at, purchase_body};
use serde_json::{Value, json};

use crate::coupon_harness::CouponHarness;

/// Applies the harness's coupon, deletes it, and creates another coupon with its code.
async fn deleted_after_apply(harness: &mut CouponHarness, body: &Value) -> (Application, Coupon) {
    let application = harness.apply_body(body, 1).await.unwrap();
    harness.relay().await;
    let deleted = edit::delete(&harness.store, &harness.id, |_| true, at(2)).await.unwrap();
    assert!(matches!(deleted, CouponEditOutcome::Done(_)));
    let terms = json!({"max_redemptions": 1, "discount": {"type": "percentage", "percent_off": 5}});
    let next = Coupon { id: CouponId::new(at(3), [3; 10]), ..fixtures::coupon("FLASH20", terms) };
    assert_eq!(harness.store.create_coupon(&next).await.unwrap(), CreateOutcome::New);
    (application, next)
}

#[tokio::test]
async fn an_application_of_a_deleted_coupon_does_not_redeem_a_new_coupon_with_its_code() {
    for (held, is_warm) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut harness = CouponHarness::with(json!({"max_redemptions": 9})).await;
        let mut body = purchase_body("FLASH20", "ord_1", "ana@example.com");
        if held {
            body["hold"] = json!({"ttl_seconds": 60});
        }
        if is_warm {
            harness.redeem("before", 0).await.unwrap();
        }
        let (application, next) = deleted_after_apply(&mut harness, &body).await;
        let by_application = json!({"application_id": application.id, "order": application.order});
        let refused = harness.shop.redeem_body(&by_application, 4).await;
        assert_eq!(refused, Err(Rejection::CouponNotFound), "held: {held}, warm: {is_warm}");
        let counted = async || harness.store.coupon(&next.id).await.unwrap().unwrap();
        assert_eq!((counted().await.times_redeemed, counted().await.remaining), (0, Some(1)));

        let redemption = harness.redeem("ord_1", 5).await.unwrap();
        assert_eq!(
            (&redemption.coupon_id, redemption.discount.amount),
            (&next.id, 245),
            "the code itself redeems the new coupon"
        );
        let refused = harness.shop.redeem_body(&by_application, 6).await;
        assert_eq!(
            refused,
            Err(Rejection::CouponNotFound),
            "the application stays rejected although the instance has cached the code"
        );
        assert_eq!((counted().await.times_redeemed, counted().await.held), (1, 0));
    }
}

#[tokio::test]
async fn a_repeated_redeem_returns_the_redemption_after_its_coupon_is_deleted() {
    let mut harness = CouponHarness::with(json!({})).await;
    let body = purchase_body("FLASH20", "ord_1", "ana@example.com");
    let redeemed = harness.redeem("ord_1", 0).await.unwrap();
    let (application, _) = deleted_after_apply(&mut harness, &body).await;
    let by_application = json!({"application_id": application.id, "order": application.order});
    assert_eq!(harness.shop.redeem_body(&by_application, 4).await.unwrap().id, redeemed.id);
}
