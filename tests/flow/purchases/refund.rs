//! Refunds: a rollback releases the redemption.

use couponflow_tests::fixtures::purchase_body;
use couponflow_tests::shop::{Shop, eventually, text};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_refund_releases_the_redemption_and_the_limit_is_reached_again() {
    let shop = Shop::open("refund").await;
    let coupon = shop.coupon("LAST1", json!({"max_redemptions": 1})).await;
    let redeem = async |order: &str| shop.redeem(&purchase_body("LAST1", order, "ana@refund.example.com")).await;
    let first = redeem("ord_1").await.expect(201);
    assert_eq!(redeem("ord_2").await.body["code"], "limit_reached");

    let path = format!("/v1/redemptions/{}/rollback", text(&first["id"]));
    let report = async |body: Option<Value>| {
        shop.send(Method::POST, &path, &shop.keys.server, body.map(|body| body.to_string())).await
    };
    let unknown = report(Some(json!({"reason": "regret"}))).await;
    assert_eq!((unknown.status, &unknown.body["errors"][0]["pointer"]), (422, &json!("/reason")));
    let rolled_back = report(Some(json!({"reason": "refunded"}))).await.expect(200);
    assert_eq!((&rolled_back["status"], &rolled_back["rollback"]["released"]), (&json!("rolled_back"), &json!(true)));
    assert_eq!(
        report(None).await.expect(200)["rollback"],
        rolled_back["rollback"],
        "the second report changes nothing"
    );

    redeem("ord_2").await.expect(201);
    let count = async |kind: &str, expected: usize| {
        let events =
            eventually(kind, async || Some(shop.events(&coupon, kind).await).filter(|events| events.len() >= expected))
                .await;
        assert_eq!(events.len(), expected, "{kind}");
        events
    };
    count("CouponLimitReached", 2).await;
    let given_back = count("CouponRedemptionRolledBack", 1).await;
    assert_eq!(given_back[0]["detail"]["data"]["redemption"]["id"], first["id"]);
    let redeemed = count("CouponRedeemed", 2).await;
    let mut numbers: Vec<&Value> =
        redeemed.iter().map(|event| &event["detail"]["data"]["redemption"]["redemption_number"]).collect();
    numbers.sort_by_key(|number| number.as_i64());
    assert_eq!(numbers, [1, 2]);
    assert_eq!(shop.get(&format!("/v1/coupons/{coupon}")).await["times_redeemed"], 1);
}
