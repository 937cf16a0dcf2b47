//! Invalid requests, scopes of keys, and error details.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use couponflow_tests::fixtures::purchase_body;
use couponflow_tests::shop::{ApiResponse, Shop};
use reqwest::Method;
use serde_json::{Value, json};

fn pointers(got: &ApiResponse) -> Vec<&str> {
    assert_eq!(got.content_type, "application/problem+json");
    got.body["errors"].as_array().into_iter().flatten().map(|error| error["pointer"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn invalid_requests_report_every_faulty_field() {
    let shop = Shop::open("rejections").await;
    shop.coupon("FLASH20", json!({})).await;
    let good = purchase_body("FLASH20", "ord_1", "ana@example.com");
    let with = |pointer: &str, value: Value| {
        let mut body = good.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        body
    };
    for (body, pointer) in [
        (with("/order", json!("malformed")), "/order"),
        (with("/order/currency", json!("XYZ")), "/order/currency"),
        (with("/order/lines/0/quantity", json!(-1)), "/order/lines/0/quantity"),
        (with("/code", json!("A".repeat(41))), "/code"),
        (with("/customer/email", json!("nobody")), "/customer/email"),
    ] {
        for got in [shop.apply(&body).await, shop.redeem(&body).await] {
            assert_eq!((got.status, pointers(&got)), (422, vec![pointer]), "{:#}", got.body);
            assert_eq!(got.body["code"], "invalid_request");
        }
    }
    let not_json = shop.send(Method::POST, "/v1/apply", &shop.keys.storefront, Some("{code:".into())).await;
    assert_eq!((not_json.status, &not_json.body["code"]), (400, &json!("malformed_json")));
    let long = format!("{{\"code\": \"{}\"}}", "A".repeat(70_000));
    let too_long = shop.send(Method::POST, "/v1/apply", &shop.keys.storefront, Some(long)).await;
    assert_eq!((too_long.status, &too_long.body["code"]), (413, &json!("body_too_large")));
    let page = shop.send(Method::GET, "/v1/coupons?limit=1000", &shop.keys.admin, None).await;
    assert_eq!((page.status, pointers(&page)), (422, vec!["?limit"]));
    let of_another_list = URL_SAFE_NO_PAD.encode("cpn_01KAP2V7E8QJ6D0Y4T3M5N9R1C");
    for path in ["/v1/coupons?cursor=a", "/v1/executions?cursor=%00", &format!("/v1/events?cursor={of_another_list}")] {
        let page = shop.send(Method::GET, path, &shop.keys.admin, None).await;
        assert_eq!((page.status, pointers(&page)), (422, vec!["?cursor"]), "{path}");
    }
}

#[tokio::test]
async fn a_key_is_limited_to_its_scope_and_tenant() {
    let shop = Shop::open("scopes").await;
    let coupon = shop.coupon("PAUSED1", json!({})).await;
    shop.post(&format!("/v1/coupons/{coupon}/pause"), json!({})).await.expect(200);
    let body = purchase_body("PAUSED1", "ord_1", "ana@example.com");
    let send = async |method: Method, path: &str, key: &str| {
        let body = (method == Method::POST).then(|| body.to_string());
        let got = shop.send(method, path, key, body).await;
        (got.status, got.body["code"].as_str().unwrap_or_default().to_owned())
    };
    let (storefront, server) = (&shop.keys.storefront, &shop.keys.server);
    assert_eq!(send(Method::POST, "/v1/redeem", storefront).await, (403, "insufficient_scope".into()));
    assert_eq!(send(Method::GET, "/v1/coupons", server).await, (403, "insufficient_scope".into()));
    assert_eq!(send(Method::GET, "/v1/contacts", storefront).await, (403, "insufficient_scope".into()));
    assert_eq!(send(Method::POST, "/v1/apply", "cf_storefront_guessed").await, (401, "invalid_key".into()));
    assert_eq!(
        send(Method::POST, "/v1/apply", storefront).await,
        (404, "coupon_not_found".into()),
        "the storefront key cannot probe for paused coupons"
    );
    assert_eq!(send(Method::POST, "/v1/apply", server).await, (409, "coupon_paused".into()));
    assert_eq!(send(Method::POST, "/v1/preview", storefront).await, (403, "insufficient_scope".into()));
    let preview = shop.send(Method::POST, "/v1/preview", server, Some(body.to_string())).await.expect(200);
    let result = &preview["results"][0];
    assert_eq!((&result["status"], &result["rejection"]["code"]), (&json!("rejected"), &json!("coupon_paused")));
    let failed = result["terms"].as_array().into_iter().flatten().find(|judgement| judgement["held"] == false);
    let paused = json!({"term": "state", "held": false, "expected": "active", "received": "paused",
        "rejection": "coupon_paused"});
    assert_eq!(failed, Some(&paused));
    assert_eq!(send(Method::DELETE, "/v1/coupons", &shop.keys.admin).await, (405, "method_not_allowed".into()));
    assert_eq!(send(Method::GET, "/v1/nothing", &shop.keys.admin).await, (404, "not_found".into()));
    assert_eq!(send(Method::GET, "/openapi.json", "no key").await, (200, String::new()), "the document is public");
    let other = Shop::open("scopes-other").await;
    let path = format!("/v1/coupons/{coupon}");
    assert_eq!(
        send(Method::GET, &path, &other.keys.admin).await,
        (404, "not_found".into()),
        "a key cannot read another tenant's coupon"
    );
}

#[tokio::test]
async fn a_missing_required_field_is_reported_with_its_format() {
    let shop = Shop::open("required").await;
    let order = purchase_body("FLASH20", "ord_1", "ana@example.com")["order"].clone();
    let told = |got: ApiResponse, pointer: &str| {
        let body = got.expect(422);
        let fault = body["errors"].as_array().unwrap().iter().find(|fault| fault["pointer"] == pointer).cloned();
        fault.unwrap_or_else(|| panic!("no fault at {pointer}: {body}"))["detail"].clone()
    };
    let applied = told(shop.apply(&json!({"order": order})).await, "/code");
    assert_eq!(applied, "is required: send code, or codes for several");
    let redeemed = told(shop.redeem(&json!({"order": order})).await, "/code");
    assert_eq!(redeemed, "is required: send code, codes for several, or application_id");
    let coupon = shop.post("/v1/coupons", json!({"name": "Flash sale", "discount": {}})).await;
    assert_eq!(told(coupon.clone(), "/code"), "is required: 3 to 40 letters (A to Z) and digits");
    assert_eq!(told(coupon, "/discount/type"), "is required: \"percentage\" or \"fixed_amount\"");
}
