//! A code that belongs to another coupon after its first coupon was deleted.

use couponflow_app::edit::{self, CouponEditOutcome};
use couponflow_app::ports::{CreateOutcome, ReadCoupons as _, WriteCoupons as _};
use couponflow_domain::coupon::Coupon;
use couponflow_domain::ids::CouponId;
use couponflow_domain::purchase::Application;
use couponflow_domain::rejection::Rejection;
use couponflow_tests::given::{self, at, purchase_body};
use serde_json::{Value, json};

use crate::scene::Scene;

/// Applies the scene's coupon, deletes it, and creates another coupon with its code.
async fn deleted_after_apply(scene: &mut Scene, body: &Value) -> (Application, Coupon) {
    let application = scene.apply_body(body, 1).await.unwrap();
    scene.relay().await;
    let deleted = edit::delete(&scene.store, &scene.id, |_| true, at(2)).await.unwrap();
    assert!(matches!(deleted, CouponEditOutcome::Now(_)));
    let terms = json!({"max_redemptions": 1, "discount": {"type": "percentage", "percent_off": 5}});
    let next = Coupon { id: CouponId::new(at(3), [3; 10]), ..given::coupon("FLASH20", terms) };
    assert_eq!(scene.store.create_coupon(&next).await.unwrap(), CreateOutcome::New);
    (application, next)
}

#[tokio::test]
async fn an_application_of_a_deleted_coupon_redeems_no_successor() {
    for (held, is_warm) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut scene = Scene::with(json!({"max_redemptions": 9})).await;
        let mut body = purchase_body("FLASH20", "ord_1", "ana@example.com");
        if held {
            body["hold"] = json!({"ttl_seconds": 60});
        }
        if is_warm {
            scene.redeem("before", 0).await.unwrap();
        }
        let (application, next) = deleted_after_apply(&mut scene, &body).await;
        let by_application = json!({"application_id": application.id, "order": application.order});
        let refused = scene.shop.redeem_body(&by_application, 4).await;
        assert_eq!(refused, Err(Rejection::CouponNotFound), "held: {held}, warm: {is_warm}");
        let counted = async || scene.store.coupon(&next.id).await.unwrap().unwrap();
        assert_eq!((counted().await.times_redeemed, counted().await.remaining), (0, Some(1)));

        let redemption = scene.redeem("ord_1", 5).await.unwrap();
        assert_eq!(
            (&redemption.coupon_id, redemption.discount.amount),
            (&next.id, 245),
            "the code itself redeems the new coupon"
        );
        let refused = scene.shop.redeem_body(&by_application, 6).await;
        assert_eq!(refused, Err(Rejection::CouponNotFound), "a cached code does not help the old application");
        assert_eq!((counted().await.times_redeemed, counted().await.held), (1, 0));
    }
}

#[tokio::test]
async fn a_redeemed_order_is_answered_after_its_coupon_is_deleted() {
    let mut scene = Scene::with(json!({})).await;
    let body = purchase_body("FLASH20", "ord_1", "ana@example.com");
    let redeemed = scene.redeem("ord_1", 0).await.unwrap();
    let (application, _) = deleted_after_apply(&mut scene, &body).await;
    let by_application = json!({"application_id": application.id, "order": application.order});
    assert_eq!(scene.shop.redeem_body(&by_application, 4).await.unwrap().id, redeemed.id);
}
