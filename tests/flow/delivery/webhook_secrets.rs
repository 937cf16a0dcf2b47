//! Signing secrets of webhooks.

use couponflow_tests::shop::Shop;
use serde_json::{Value, json};

#[tokio::test]
async fn a_signing_secret_is_shown_once_and_the_previous_one_stays_valid() {
    let shop = Shop::open("webhook-secrets").await;
    let path = "/v1/webhook-secrets";
    assert_eq!(shop.get(path).await, json!({"data": [], "next_cursor": null}));
    let first = shop.post(path, json!({})).await.expect(201);
    let second = shop.post(path, json!({})).await.expect(201);
    for made in [&first, &second] {
        assert!(made["secret"].as_str().unwrap().starts_with("whsec_"), "{made}");
    }
    assert_ne!(first["secret"], second["secret"]);
    let listed = shop.get(path).await;
    let of =
        |name: &str| listed["data"].as_array().unwrap().iter().map(|secret| secret[name].clone()).collect::<Vec<_>>();
    assert_eq!(of("id"), [second["id"].clone(), first["id"].clone()]);
    assert_eq!(of("secret"), [Value::Null, Value::Null]);
    assert!(of("valid_until")[0].is_null() && of("valid_until")[1].is_string(), "{listed}");
}
