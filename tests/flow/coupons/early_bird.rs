//! Expiry of coupons: by a timer that is queued at once, and by a scan if the expiry is too far
//! ahead to be queued at once.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use couponflow_tests::fixtures::purchase_body;
use couponflow_tests::shop::{Shop, eventually_within};
use serde_json::{Value, json};

fn rfc3339(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Creates a coupon that expires in `ahead` seconds, and waits until it has expired. Returns its
/// id, expiry and events.
async fn expired(shop: &Shop, code: &str, ahead: i64) -> (String, String, Vec<Value>) {
    let expires_at = rfc3339(Utc::now() + TimeDelta::seconds(ahead));
    let coupon = shop.coupon(code, json!({"expires_at": expires_at})).await;
    let patience = Duration::from_secs(60 + ahead.unsigned_abs());
    let events = eventually_within(patience, "the coupon to expire", async || {
        Some(shop.events(&coupon, "CouponExpired").await).filter(|events| !events.is_empty())
    })
    .await;
    (coupon, expires_at, events)
}

#[tokio::test]
async fn a_coupon_expires_once_and_its_code_is_rejected_afterwards() {
    let shop = Shop::open("early-bird").await;
    shop.confirm("team@early-bird.example.com").await;
    let tell = json!({"name": "next phase", "trigger": {"type": "coupon_expired"}, "steps": [
        {"id": "tell", "type": "notify", "channel": "email", "to": ["team@early-bird.example.com"],
         "subject": "{{coupon.code}} is over", "text": "It ended at {{coupon.expires_at}}."}]});
    shop.workflow(tell).await;
    let paused = shop.coupon("PAUSED25", json!({"expires_at": rfc3339(Utc::now() + TimeDelta::seconds(4))})).await;
    shop.post(&format!("/v1/coupons/{paused}/pause"), json!({})).await.expect(200);

    let (coupon, expires_at, events) = expired(&shop, "EARLYBIRD25", 8).await;
    let occurred_at: DateTime<Utc> = events[0]["detail"]["metadata"]["occurred_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(rfc3339(occurred_at), expires_at);
    let late = shop.redeem(&purchase_body("EARLYBIRD25", "ord_1", "ana@early-bird.example.com")).await;
    assert_eq!((late.status, &late.body["code"]), (409, &json!("coupon_expired")));
    let mail = eventually_within(Duration::from_secs(30), "the mail", async || {
        Some(shop.mail_to("team@early-bird.example.com").await).filter(|mail| !mail.is_empty())
    })
    .await;
    assert_eq!(mail.len(), 1);
    assert_eq!(shop.events(&coupon, "CouponExpired").await.len(), 1);
    assert_eq!(shop.get(&format!("/v1/coupons/{coupon}")).await["status"], "expired");
    assert!(shop.events(&paused, "CouponExpired").await.is_empty(), "a paused coupon publishes no expiry");
}

#[tokio::test]
async fn an_expiry_that_is_not_queued_at_once_is_found_by_a_scan() {
    let shop = Shop::open("scanned").await;
    let (_, _, events) = expired(&shop, "SCANNED25", 185).await;
    assert_eq!(events.len(), 1);
}
