//! Discounts on later payments of a subscription, and instants in local time.

use couponflow_tests::fixtures::purchase_body;
use couponflow_tests::shop::{Shop, text};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_subscription_is_discounted_for_the_duration_of_the_coupon() {
    let shop = Shop::open("billing").await;
    shop.coupon("QUARTER", json!({"duration": "repeating", "duration_in_months": 3})).await;
    let mut order = purchase_body("QUARTER", "ord_1", "ana@billing.example.com");
    order["order"]["lines"] = json!([
        {"product_id": "setup", "quantity": 1, "unit_amount": 5000},
        {"product_id": "plan", "quantity": 1, "unit_amount": 2000, "product_type": "recurring"}]);
    let redemption = shop.redeem(&order).await.expect(201);
    let id = text(&redemption["id"]);
    let on = async |query: &str| {
        let path = format!("/v1/redemptions/{id}/billing-discount?{query}");
        shop.send(Method::GET, &path, &shop.keys.server, None).await
    };
    let discounted = async |day: &str| {
        let body = on(&format!("billing_date={day}&subscription_started_on=2027-01-31")).await.expect(200);
        assert_eq!(body["ends_on"], "2027-04-30");
        json!([body["discounted"], body["discount"]["amount"], body["reason"]])
    };
    assert_eq!(
        discounted("2027-01-31").await,
        json!([true, 1400, null]),
        "the first payment has the discount of the order"
    );
    assert_eq!(
        discounted("2027-02-28").await,
        json!([true, 400, null]),
        "later payments contain only the recurring product"
    );
    assert_eq!(discounted("2027-04-29").await, json!([true, 400, null]));
    assert_eq!(discounted("2027-04-30").await, json!([false, null, "duration_over"]));

    for (query, pointer) in [
        ("", "?billing_date"),
        ("billing_date=tomorrow", "?billing_date"),
        ("billing_date=2026-12-31&subscription_started_on=2027-01-31", "?billing_date"),
        ("billing_date=2027-02-28&started_on=2027-01-31", "?started_on"),
    ] {
        let got = on(query).await;
        assert_eq!((got.status, &got.body["errors"][0]["pointer"]), (422, &json!(pointer)), "{query}");
    }
    let path = format!("/v1/redemptions/{id}/rollback");
    shop.send(Method::POST, &path, &shop.keys.server, None).await.expect(200);
    assert_eq!(discounted("2027-02-28").await, json!([false, null, "rolled_back"]));
}

#[tokio::test]
async fn a_later_payment_is_discounted_by_the_codes_that_still_apply() {
    let shop = Shop::open("billing-several").await;
    let off = |percent: i64, duration: Value| {
        let mut terms = json!({"discount": {"type": "percentage", "percent_off": percent}});
        terms.as_object_mut().unwrap().extend(duration.as_object().unwrap().clone());
        terms
    };
    shop.coupon("ONCE", off(50, json!({}))).await;
    shop.coupon("TWICE", off(20, json!({"duration": "repeating", "duration_in_months": 2}))).await;
    shop.coupon("EVER", off(10, json!({"duration": "forever"}))).await;
    let mut order = purchase_body("ANY", "ord_1", "ana@billing.example.com");
    order.as_object_mut().unwrap().remove("code");
    order["codes"] = json!(["ONCE", "TWICE", "EVER"]);
    order["order"]["lines"] =
        json!([{"product_id": "plan", "quantity": 1, "unit_amount": 10_000, "product_type": "recurring"}]);
    let redeemed = shop.redeem(&order).await.expect(201);
    let ids: Vec<String> = redeemed["redemptions"].as_array().unwrap().iter().map(|r| text(&r["id"])).collect();
    let on = async |day: &str| {
        let mut amounts = Vec::new();
        for id in &ids {
            let query = format!("billing_date={day}&subscription_started_on=2027-01-31");
            let path = format!("/v1/redemptions/{id}/billing-discount?{query}");
            let body = shop.send(Method::GET, &path, &shop.keys.server, None).await.expect(200);
            amounts.push(body["discount"]["amount"].clone());
        }
        json!(amounts)
    };
    assert_eq!(on("2027-01-31").await, json!([5000, 1000, 400]), "the first payment has the discount of the order");
    assert_eq!(on("2027-02-28").await, json!([null, 2000, 800]));
    assert_eq!(on("2027-03-31").await, json!([null, null, 1000]));
    let path = format!("/v1/redemptions/{}/rollback", ids[1]);
    shop.send(Method::POST, &path, &shop.keys.server, None).await.expect(200);
    assert_eq!(
        on("2027-02-28").await,
        json!([null, null, 1000]),
        "a rolled-back redemption does not reduce the base of later discounts"
    );
}

#[tokio::test]
async fn a_local_expiry_is_stored_as_an_instant_with_its_time_zone() {
    let shop = Shop::open("local-time").await;
    let create = async |more: Value| {
        let mut body =
            json!({"code": "BERLIN", "name": "Berlin", "discount": {"type": "percentage", "percent_off": 20}});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        shop.post("/v1/coupons", body).await
    };
    for (more, pointer) in [
        (json!({"expires_at": "2036-12-01T00:00:00"}), "/expires_at"),
        (json!({"expires_at": "2036-12-01T00:00:00", "time_zone": "Berlin"}), "/time_zone"),
        (json!({"starts_at": "2036-03-30T02:30:00", "time_zone": "Europe/Berlin"}), "/starts_at"),
    ] {
        let got = create(more).await;
        assert_eq!((got.status, &got.body["errors"][0]["pointer"]), (422, &json!(pointer)), "{:#}", got.body);
    }
    let coupon = create(json!({"expires_at": "2036-12-01T00:00:00", "time_zone": "Europe/Berlin"})).await.expect(201);
    assert_eq!(coupon["expires_at"], "2036-11-30T23:00:00Z");
    assert_eq!(coupon["time_zone"], "Europe/Berlin");
    let path = format!("/v1/coupons/{}", text(&coupon["id"]));
    let patch = shop.request(Method::PATCH, &path).header("if-match", "*");
    let moved: Value =
        patch.json(&json!({"expires_at": "2036-07-01T00:00:00"})).send().await.unwrap().json().await.unwrap();
    assert_eq!(
        moved["expires_at"], "2036-06-30T22:00:00Z",
        "an edit without a zone uses the coupon's zone, with daylight saving time"
    );
}
