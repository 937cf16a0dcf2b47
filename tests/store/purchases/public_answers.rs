//! A caller with a storefront key cannot distinguish the hidden reasons for rejections.

use apply::Apply;
use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_app::tenants::ports::{KeyScope, Keys as _, TenantStores as _};
use couponflow_domain::coupons::coupon::State;
use couponflow_tests::fixtures::{at, key, key_secret, purchase_body, stored_coupon, tenant, tenant_secret};
use couponflow_tests::repository;
use couponflow_tests::table::Dynamo;
use serde_json::{Value, json};

use crate::instance::RedeemInstance;

#[tokio::test]
async fn hidden_reasons_are_equal_in_bytes_and_store_calls() {
    let dynamo = Dynamo::start().await;
    let (table, meter) = dynamo.metered_instance();
    let id = tenant("demo");
    let key = (key("demo", KeyScope::Storefront), key_secret(KeyScope::Storefront).hash());
    table.create_tenant(&id, &tenant_secret(), &[key], at(0)).await.unwrap();
    let store = table.of(&id);
    let now = chrono::Utc::now();
    let later = now + chrono::TimeDelta::days(1);
    stored_coupon(&store, "ONLYANA", json!({"only_for": {"email": "ana@example.com"}, "max_redemptions": 5})).await;
    stored_coupon(&store, "LATER", json!({"starts_at": later})).await;
    stored_coupon(&store, "OTHERS", json!({"applies_to": {"products": ["prod_9"]}})).await;
    stored_coupon(&store, "ONCE", json!({"max_redemptions_per_customer": 1})).await;
    let backup = stored_coupon(&store, "BACKUP", json!({})).await;
    let offering = json!({"backup_coupon_id": backup.id, "offer_backup": true});
    let paused = stored_coupon(&store, "PAUSED", offering).await;
    assert!(store.set_state(&paused, State::Paused, at(1)).await.unwrap());
    let redeemer = RedeemInstance::of(&dynamo);
    redeemer.redeem("ONCE", "ord_0", "customer3@example.com", 1).await.unwrap();

    let apply = Apply::new(table);
    let codes = ["UNKNOWN", "PAUSED", "LATER", "ONCE", "ONLYANA", "OTHERS"];
    let mut told = Vec::new();
    // The first request only fills the caches of the instance.
    for (i, code) in ["UNKNOWN"].iter().chain(&codes).enumerate() {
        let number = if i == 0 { 99 } else { i - 1 };
        let body = purchase_body(code, &format!("ord_{number}"), &format!("customer{number}@example.com"));
        let response = apply.handle(request(&format!("203.0.{number}.9"), &body)).await;
        told.push((response.status_code, response.body, meter.take().calls));
    }
    assert_eq!(told[1].0, 404);
    for (code, answer) in codes.iter().zip(&told[1..]) {
        assert_eq!(answer, &told[1], "{code}");
    }
}

fn request(address: &str, body: &Value) -> aws_lambda_events::apigw::ApiGatewayV2httpRequest {
    let mut gateway = repository::json("events/samples/apply.json");
    gateway["headers"]["authorization"] = json!(format!("Bearer {}", key_secret(KeyScope::Storefront).reveal()));
    gateway["requestContext"]["http"]["sourceIp"] = json!(address);
    gateway["body"] = json!(body.to_string());
    serde_json::from_value(gateway).unwrap()
}
