//! Events about abandonment, thresholds, limits, expiry and rejections; statistics; lists of
//! redemptions.

use chrono::{SecondsFormat, TimeDelta, Utc};
use couponflow_domain::events::event::{EventType, schema};
use couponflow_tests::fixtures::purchase_body;
use couponflow_tests::shop::{Shop, eventually, text};
use serde_json::{Value, json};

/// Waits for exactly `expected` events of a type, and validates each against its schema.
async fn events(shop: &Shop, coupon: &str, kind: EventType, expected: usize) -> Vec<Value> {
    let found = eventually(kind.detail_type(), async || {
        Some(shop.events(coupon, kind.detail_type()).await).filter(|events| events.len() >= expected)
    })
    .await;
    let validator = jsonschema::validator_for(&schema(kind)).unwrap();
    for event in &found {
        let faults: Vec<String> = validator.iter_errors(event).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{faults:?} in {event:#}");
    }
    assert_eq!(found.len(), expected, "{kind}");
    found
}

#[tokio::test]
async fn an_abandoned_application_triggers_the_mail_of_its_workflow() {
    let shop = Shop::open("notices-abandoned").await;
    let coupon = shop.coupon("FLASH20", json!({"abandonment_window": "PT3S"})).await;
    let remind = json!({"name": "come back", "trigger": {"type": "coupon_application_abandoned"}, "steps": [
        {"id": "remind", "type": "send_email", "to_unverified": true, "subject": "{{coupon.code}} still waits, {{customer.first_name}}",
         "html": "<p>{{order.discount}} off your order {{order.id}}</p>"}]});
    shop.workflow(remind).await;
    let (ana, bo) = ("ana@notices-abandoned.example.com", "bo@notices-abandoned.example.com");
    let bought = purchase_body("FLASH20", "ord_1", bo);
    shop.apply(&bought).await.expect(200);
    shop.redeem(&bought).await.expect(201);
    let left = shop.apply(&purchase_body("FLASH20", "ord_2", ana)).await.expect(200);

    let abandoned = events(&shop, &coupon, EventType::CouponApplicationAbandoned, 1).await.remove(0)["detail"].take();
    assert_eq!(abandoned["data"]["application"]["id"], left["id"]);
    assert_eq!(abandoned["data"]["order"]["discount"], json!({"amount": 980, "currency": "USD"}));
    let mail = eventually("the mail", async || Some(shop.mail_to(ana).await).filter(|mail| !mail.is_empty())).await;
    assert_eq!(mail[0]["Subject"], "FLASH20 still waits, Ana");
    assert!(text(&mail[0]["BodyHtml"]).contains("9.80 USD off your order ord_2"), "{}", mail[0]);
    assert!(shop.mail_to(bo).await.is_empty());
}

#[tokio::test]
async fn thresholds_limit_and_expiry_notices_are_published_and_counted() {
    let shop = Shop::open("notices").await;
    let expires_at = (Utc::now() + TimeDelta::seconds(66)).to_rfc3339_opts(SecondsFormat::Millis, true);
    let terms = json!({"max_redemptions": 5, "thresholds": [{"percent_used": 80}], "expires_at": expires_at,
        "expiry_lead_times": ["PT1M"]});
    let coupon = shop.coupon("FIVE", terms).await;
    for i in 0..5 {
        shop.redeem(&purchase_body("FIVE", &format!("ord_{i}"), "ana@notices.example.com")).await.expect(201);
    }
    let late = purchase_body("FIVE", "ord_late", "ana@notices.example.com");
    assert_eq!(shop.redeem(&late).await.body["code"], "limit_reached");
    assert_eq!(shop.apply(&late).await.body["code"], "limit_reached");
    let unknown = purchase_body("NOBODYS", "ord_late", "ana@notices.example.com");
    assert_eq!(shop.apply(&unknown).await.body["code"], "coupon_not_found");

    let threshold = events(&shop, &coupon, EventType::CouponThresholdReached, 1).await.remove(0)["detail"].take();
    assert_eq!(
        (&threshold["data"]["threshold"], &threshold["data"]["coupon"]["times_redeemed"]),
        (&json!("80%"), &json!(4))
    );
    let redeemed = events(&shop, &coupon, EventType::CouponRedeemed, 5).await;
    let fourth = redeemed.iter().find(|e| e["detail"]["data"]["redemption"]["redemption_number"] == 4).unwrap();
    assert_eq!(threshold["metadata"]["causation_id"], fourth["detail"]["metadata"]["event_id"]);
    events(&shop, &coupon, EventType::CouponLimitReached, 1).await;
    let rejected = events(&shop, &coupon, EventType::CouponRejected, 2).await;
    assert!(rejected.iter().all(|event| event["detail"]["data"]["rejection"] == "limit_reached"));
    let expiring = events(&shop, &coupon, EventType::CouponExpiring, 1).await.remove(0)["detail"].take();
    assert_eq!(
        (&expiring["data"]["lead_time"], &expiring["data"]["coupon"]["expires_at"]),
        (&json!("PT1M"), &json!(expires_at))
    );

    let of_unknown = eventually("the unknown code to be counted", async || {
        Some(shop.get("/v1/stats").await).filter(|stats| stats["rejected"] != json!({}))
    })
    .await;
    assert_eq!(of_unknown["rejected"], json!({"coupon_not_found": 1}));
    let stats = shop.get(&format!("/v1/coupons/{coupon}/stats")).await;
    assert_eq!((&stats["redeemed"], &stats["rejected"]), (&json!(5), &json!({"limit_reached": 2})));
    assert_eq!(stats["discount_given"], json!([{"amount": 5 * 980, "currency": "USD"}]));
    assert_eq!(stats["revenue"], json!([{"amount": 5 * 3920, "currency": "USD"}]));
    let days = stats["time_series"].as_array().unwrap();
    let by_day: i64 = days.iter().map(|day| day["redeemed"].as_i64().unwrap()).sum();
    assert_eq!((by_day, days.len()), (5, 30), "the series has every day of the range, even without activity");
    let page = shop.get("/v1/redemptions?code=five&order_id=ord_3&customer_email=ANA@notices.example.com").await;
    assert_eq!(page["data"].as_array().unwrap().len(), 1);
    assert_eq!((&page["data"][0]["order_id"], &page["next_cursor"]), (&json!("ord_3"), &Value::Null));
    let first = shop.get(&format!("/v1/redemptions?coupon_id={coupon}&limit=3")).await;
    let cursor = text(&first["next_cursor"]);
    let rest = shop.get(&format!("/v1/redemptions?coupon_id={coupon}&limit=3&cursor={cursor}")).await;
    let numbers =
        [&first, &rest].map(|page| page["data"].as_array().unwrap().iter().map(|r| r["redemption_number"].clone()));
    assert_eq!(numbers.into_iter().flatten().collect::<Vec<_>>(), [5, 4, 3, 2, 1]);
}
