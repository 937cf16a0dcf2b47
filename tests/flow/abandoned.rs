use couponflow_tests::given::purchase_body;
use couponflow_tests::shop::{Shop, eventually, text};
use serde_json::json;

#[tokio::test]
async fn a_code_applied_and_not_redeemed_fires_applied_once_per_price() {
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

    let applied = eventually("both prices on the bus", async || {
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
