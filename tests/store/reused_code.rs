//! A code that belongs to another coupon by now.

use couponflow_app::edit::{self, Edited};
use couponflow_app::ports::{Created, ReadCoupons as _, WriteCoupons as _};
use couponflow_domain::coupon::Coupon;
use couponflow_domain::ids::CouponId;
use couponflow_domain::rejection::Rejection;
use couponflow_tests::given::{self, at, purchase_body};
use serde_json::json;

use crate::scene::Scene;

#[tokio::test]
async fn a_hold_of_a_deleted_coupon_is_none_of_the_next_with_its_code() {
    let scene = Scene::with(json!({"max_redemptions": 1})).await;
    let mut body = purchase_body("FLASH20", "ord_1", "ana@example.com");
    body["hold"] = json!({"ttl_seconds": 60});
    let application = scene.apply_body(&body, 1).await.unwrap();
    let deleted = edit::delete(&scene.store, &scene.id, |_| true, at(2)).await.unwrap();
    assert!(matches!(deleted, Edited::Now(_)));
    let next = Coupon { id: CouponId::new(at(3), [3; 10]), ..given::coupon("FLASH20", json!({"max_redemptions": 1})) };
    assert_eq!(scene.store.create_coupon(&next).await.unwrap(), Created::New);

    let by_application = json!({"application_id": application.id, "order": application.order});
    let redemption = scene.shop.redeem_body(&by_application, 4).await.unwrap();
    assert_eq!(redemption.coupon_id, next.id);
    let counted = scene.store.coupon(&next.id).await.unwrap().unwrap();
    assert_eq!((counted.times_redeemed, counted.held, counted.remaining), (1, 0, Some(0)));
    assert_eq!(scene.redeem("ord_2", 5).await, Err(Rejection::LimitReached));
}
