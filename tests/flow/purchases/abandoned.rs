//! Applications that are not redeemed: one applied event for each price, abandonment, and deleted
//! coupons. An application records that a code was applied to an order.

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_tests::fixtures::purchase_body;
use couponflow_tests::shop::{Shop, eventually, text};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn applying_a_code_publishes_one_event_per_price() {
    let shop = Shop::open("flash20").await;
    let coupon = shop.coupon("FLASH20", json!({})).await;
    let cart = purchase_body("flash20", "ord_1", "ana@flash20.example.com");
    let application = shop.apply(&cart).await.expect(200);
    assert_eq!((&application["discount"]["amount"], &application["total"]["amount"]), (&json!(980), &json!(3920)));
    assert_eq!(shop.apply(&cart).await.expect(200), application);
    let mut larger = cart.clone();
    larger["order"]["lines"][0]["quantity"] = json!(2);
    let replaced = shop.apply(&larger).await.expect(200);
    assert_eq!(replaced["discount"]["amount"], 1960);

    let applied = eventually("an event for each price", async || {
        Some(shop.events(&coupon, "CouponApplied").await).filter(|events| events.len() >= 2)
    })
    .await;
    assert_eq!(applied.len(), 2);
    assert!(shop.events(&coupon, "CouponRedeemed").await.is_empty());
    let read = shop.get(&format!("/v1/coupons/{coupon}")).await;
    assert_eq!((&read["times_applied"], &read["times_redeemed"]), (&json!(2), &json!(0)));

    let body = json!({"application_id": replaced["id"], "order": larger["order"]});
    let redemption = shop.redeem(&body).await.expect(201);
    assert_eq!((&redemption["discount"]["amount"], &redemption["code"]), (&json!(1960), &json!("FLASH20")));
    let read = shop.get(&format!("/v1/applications/{}", text(&application["id"]))).await;
    assert_eq!(read["discount"]["amount"], 1960);
}

#[tokio::test]
async fn applying_again_at_the_same_price_restarts_the_abandonment_window() {
    let shop = Shop::open("applied-again").await;
    let coupon = shop.coupon("FLASH20", json!({"abandonment_window": "PT10S"})).await;
    let cart = purchase_body("FLASH20", "ord_1", "ana@again.example.com");
    shop.apply(&cart).await.expect(200);
    let before_last_activity = Utc::now();
    shop.apply(&cart).await.expect(200);
    let abandoned = eventually("the application to be abandoned", async || {
        Some(shop.events(&coupon, "CouponApplicationAbandoned").await).filter(|events| !events.is_empty())
    })
    .await;
    let at: DateTime<Utc> = text(&abandoned[0]["detail"]["metadata"]["occurred_at"]).parse().unwrap();
    assert!(at >= before_last_activity + TimeDelta::seconds(10), "{at} is too early");
    assert_eq!(abandoned.len(), 1);
    assert_eq!(shop.events(&coupon, "CouponApplied").await.len(), 1, "an unchanged price publishes no second event");
}

#[tokio::test]
async fn an_application_of_a_deleted_coupon_does_not_redeem_a_new_coupon_with_its_code() {
    let shop = Shop::open("deleted-after-apply").await;
    let first = shop.coupon("FLASH20", json!({})).await;
    let cart = purchase_body("FLASH20", "ord_1", "ana@deleted.example.com");
    let application = shop.apply(&cart).await.expect(200);
    let delete = shop.request(Method::DELETE, &format!("/v1/coupons/{first}")).header("if-match", "*").send();
    assert_eq!(delete.await.unwrap().status(), 204);
    let five = json!({"discount": {"type": "percentage", "percent_off": 5}});
    let second = shop.coupon("FLASH20", five).await;
    let refused = shop.redeem(&json!({"application_id": application["id"], "order": cart["order"]})).await;
    assert_eq!((refused.status, &refused.body["code"]), (404, &json!("coupon_not_found")));
    assert_eq!(
        shop.redeem(&cart).await.expect(201)["coupon_id"],
        json!(second),
        "the code itself redeems the new coupon"
    );
}
