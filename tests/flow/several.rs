use couponflow_tests::given::purchase_body;
use couponflow_tests::shop::Shop;
use reqwest::Method;
use serde_json::{Value, json};

fn body(codes: &[&str], order: &str) -> Value {
    let mut body = purchase_body("X00", order, "ana@several.example.com");
    body.as_object_mut().unwrap().remove("code");
    body["codes"] = json!(codes);
    body
}

#[tokio::test]
async fn several_codes_are_applied_each_by_itself_and_redeemed_together() {
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
            json!(["TWENTY", "applied", 3920, null]),
            json!(["PAUSED", "rejected", null, paused]),
            json!(["TENOFF", "applied", 2920, null]),
            json!(["ALONE", "rejected", null, "coupon_not_combinable"]),
        ]
    };
    assert_eq!(told(results), expected("coupon_not_found"), "a browser can't probe");
    let by_server = shop.send(Method::POST, "/v1/apply", &shop.keys.server, Some(cart.to_string())).await.expect(200);
    assert_eq!(told(by_server["results"].as_array().unwrap()), expected("coupon_paused"));

    let refused = shop.redeem(&cart).await;
    assert_eq!((refused.status, &refused.body["code"]), (409, &json!("coupon_paused")));
    let rejections = refused.body["rejections"].as_array().unwrap();
    let told: Vec<_> = rejections.iter().map(|r| json!([r["coupon_code"], r["code"]])).collect();
    assert_eq!(told, [json!(["PAUSED", "coupon_paused"]), json!(["ALONE", "coupon_not_combinable"])]);
    assert_eq!(shop.get("/v1/redemptions").await["data"], json!([]), "all or nothing");

    let redeemed = shop.redeem(&body(&["TWENTY", "TENOFF"], "ord_1")).await.expect(201);
    assert_eq!((&redeemed["order_id"], &redeemed["total"]), (&json!("ord_1"), &applied["total"]));
    let amounts: Vec<_> =
        redeemed["redemptions"].as_array().unwrap().iter().map(|r| &r["discount"]["amount"]).collect();
    assert_eq!(amounts, [980, 1000]);
    let one = shop.redeem(&body(&["TWENTY"], "ord_2")).await.expect(201);
    assert_eq!(one["redemptions"].as_array().unwrap().len(), 1, "a list is answered with a list");
}

#[tokio::test]
async fn a_list_of_codes_that_is_no_list_of_codes_is_refused() {
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
