//! Several codes on one order.

use couponflow_tests::fixtures::purchase_body;
use couponflow_tests::shop::{Shop, eventually, text};
use reqwest::Method;
use serde_json::{Value, json};

fn body(codes: &[&str], order: &str) -> Value {
    let mut body = purchase_body("X00", order, "ana@several.example.com");
    body.as_object_mut().unwrap().remove("code");
    body["codes"] = json!(codes);
    body
}

#[tokio::test]
async fn codes_are_applied_one_by_one_and_redeemed_all_or_none() {
    let shop = Shop::open("several").await;
    shop.coupon("TWENTY", json!({})).await;
    let fixed = json!({"type": "fixed_amount", "amount_off": 1000, "currency": "USD"});
    shop.coupon("TENOFF", json!({"discount": fixed})).await;
    shop.coupon("ALONE", json!({"combinable": false})).await;
    let paused = shop.coupon("PAUSED", json!({})).await;
    shop.post(&format!("/v1/coupons/{paused}/pause"), json!({})).await.expect(200);

    let cart = body(&["twenty", "PAUSED", "TENOFF", "ALONE"], "ord_1");
    let applied = shop.apply(&cart).await.expect(200);
    assert_eq!((&applied["discount"]["amount"], &applied["total"]["amount"]), (&json!(1980), &json!(2920)));
    let results = applied["results"].as_array().unwrap();
    let told = |results: &[Value]| -> Vec<Value> {
        results
            .iter()
            .map(|r| json!([r["code"], r["status"], r["application"]["total"]["amount"], r["rejection"]["code"]]))
            .collect()
    };
    let expected = |paused: &str| {
        [
            json!(["TWENTY", "applied", 2920, null]),
            json!(["PAUSED", "rejected", null, paused]),
            json!(["TENOFF", "applied", 2920, null]),
            json!(["ALONE", "rejected", null, "coupon_not_combinable"]),
        ]
    };
    assert_eq!(told(results), expected("coupon_not_found"), "the storefront key cannot probe for paused coupons");
    let by_server = shop.send(Method::POST, "/v1/apply", &shop.keys.server, Some(cart.to_string())).await.expect(200);
    assert_eq!(told(by_server["results"].as_array().unwrap()), expected("coupon_paused"));

    let refused = shop.redeem(&cart).await;
    assert_eq!((refused.status, &refused.body["code"]), (409, &json!("coupon_paused")));
    let rejections = refused.body["rejections"].as_array().unwrap();
    let told: Vec<_> = rejections.iter().map(|r| json!([r["coupon_code"], r["code"]])).collect();
    assert_eq!(told, [json!(["PAUSED", "coupon_paused"]), json!(["ALONE", "coupon_not_combinable"])]);
    assert_eq!(shop.get("/v1/redemptions").await["data"], json!([]), "a request with a rejected code redeems nothing");

    let redeemed = shop.redeem(&body(&["TWENTY", "TENOFF"], "ord_1")).await.expect(201);
    assert_eq!((&redeemed["order_id"], &redeemed["total"]), (&json!("ord_1"), &applied["total"]));
    let amounts: Vec<_> =
        redeemed["redemptions"].as_array().unwrap().iter().map(|r| &r["discount"]["amount"]).collect();
    assert_eq!(amounts, [980, 1000]);
    let one = shop.redeem(&body(&["TWENTY"], "ord_2")).await.expect(201);
    assert_eq!(one["redemptions"].as_array().unwrap().len(), 1, "a request with a list gets a list");
}

#[tokio::test]
async fn invalid_lists_of_codes_are_rejected() {
    let shop = Shop::open("several-faults").await;
    let mut both = body(&["TWENTY"], "ord_1");
    both["code"] = json!("TENOFF");
    let eleven: Vec<String> = (0..11).map(|i| format!("CODE{i}")).collect();
    let eleven: Vec<&str> = eleven.iter().map(String::as_str).collect();
    for (faulty, pointer) in [
        (body(&[], "ord_1"), "/codes"),
        (body(&["TWENTY", "twenty"], "ord_1"), "/codes"),
        (body(&["TWENTY", "no code"], "ord_1"), "/codes/1"),
        (body(&eleven, "ord_1"), "/codes"),
        (both, "/codes"),
    ] {
        for got in [shop.apply(&faulty).await, shop.redeem(&faulty).await] {
            assert_eq!((got.status, &got.body["errors"][0]["pointer"]), (422, &json!(pointer)), "{:#}", got.body);
        }
    }
}

#[tokio::test]
async fn every_application_redemption_and_event_has_the_total_that_the_customer_paid() {
    let shop = Shop::open("several-totals").await;
    let off = |amount: i64| json!({"discount": {"type": "fixed_amount", "amount_off": amount, "currency": "USD"}});
    let coupons = [shop.coupon("ONEOFF", off(100)).await, shop.coupon("TWOOFF", off(200)).await];
    let mut cart = body(&["ONEOFF", "TWOOFF"], "ord_1");
    cart["order"]["lines"][0]["unit_amount"] = json!(1000);
    let totals = |answers: Vec<Value>| -> Vec<Value> {
        answers
            .iter()
            .map(|of_code| json!([of_code["total_after_code"]["amount"], of_code["total"]["amount"]]))
            .collect()
    };
    let applied = shop.apply(&cart).await.expect(200);
    let results = applied["results"].as_array().unwrap().iter().map(|result| result["application"].clone()).collect();
    assert_eq!(totals(results), [json!([900, 700]), json!([700, 700])]);
    let redeemed = shop.redeem(&cart).await.expect(201);
    let redemptions = redeemed["redemptions"].as_array().unwrap().clone();
    assert_eq!(totals(redemptions.clone()), [json!([900, 700]), json!([700, 700])]);

    let total_of = async |coupon: &str, kind: &str| {
        let events =
            eventually(kind, async || Some(shop.events(coupon, kind).await).filter(|events| !events.is_empty())).await;
        events[0]["detail"]["data"]["order"]["total"]["amount"].clone()
    };
    for coupon in &coupons {
        assert_eq!(total_of(coupon, "CouponApplied").await, 700);
        assert_eq!(total_of(coupon, "CouponRedeemed").await, 700);
    }
    let path = format!("/v1/redemptions/{}/rollback", text(&redemptions[0]["id"]));
    let rolled_back = shop.send(Method::POST, &path, &shop.keys.server, None).await.expect(200);
    assert_eq!(rolled_back["total"]["amount"], 700, "the redemption keeps the total that the customer paid");
    assert_eq!(total_of(&coupons[0], "CouponRedemptionRolledBack").await, 700);
    let mut revenues = Vec::new();
    for coupon in &coupons {
        let statistics = shop.get(&format!("/v1/coupons/{coupon}/stats")).await;
        revenues.push(statistics["revenue"][0]["amount"].as_i64().unwrap_or(0));
    }
    assert_eq!(revenues, [0, 700]);
}

#[tokio::test]
async fn a_limited_code_that_finds_nothing_left_to_discount_is_not_used_up() {
    let shop = Shop::open("several-nothing").await;
    shop.coupon("ALLOFF", json!({"discount": {"type": "percentage", "percent_off": 100}})).await;
    let fixed = json!({"type": "fixed_amount", "amount_off": 1000, "currency": "USD"});
    let last = shop.coupon("LASTONE", json!({"discount": fixed, "max_redemptions": 1})).await;
    let cart = body(&["ALLOFF", "LASTONE"], "ord_1");
    let applied = shop.apply(&cart).await.expect(200);
    assert_eq!(applied["results"][1]["rejection"]["code"], "nothing_to_discount");
    let refused = shop.redeem(&cart).await;
    assert_eq!((refused.status, &refused.body["code"]), (422, &json!("nothing_to_discount")));
    assert_eq!(refused.body["rejections"].as_array().unwrap().len(), 1);
    assert_eq!(refused.body["rejections"][0]["coupon_code"], "LASTONE");
    let rejected = eventually("both attempts to be counted", async || {
        let statistics = shop.get(&format!("/v1/coupons/{last}/stats")).await;
        Some(statistics["rejected"]["nothing_to_discount"].clone()).filter(|count| *count == 2)
    })
    .await;
    assert_eq!(rejected, 2);

    let mut free = purchase_body("LASTONE", "ord_2", "ana@several.example.com");
    free["order"]["lines"][0]["unit_amount"] = json!(0);
    assert_eq!(
        shop.redeem(&free).await.expect(201)["discount"]["amount"],
        0,
        "the only code of a free order is redeemed"
    );
}
