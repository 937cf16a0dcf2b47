//! Edits and deletion of coupons over HTTP.

use couponflow_tests::fixtures::purchase_body;
use couponflow_tests::shop::Shop;
use reqwest::Method;
use reqwest::header::{ETAG, IF_MATCH};
use serde_json::{Value, json};

/// Sends a request with the admin key. Returns the status, the `ETag` and the body.
async fn send(
    shop: &Shop,
    method: Method,
    path: &str,
    if_match: Option<&str>,
    body: &Value,
) -> (u16, Option<String>, Value) {
    let request = shop.request(method, path).json(body);
    let request = if_match.into_iter().fold(request, |request, tag| request.header(IF_MATCH, tag));
    let response = request.send().await.unwrap();
    let tag = response.headers().get(ETAG).map(|tag| tag.to_str().unwrap().to_owned());
    (response.status().as_u16(), tag, response.json().await.unwrap_or_default())
}

#[tokio::test]
async fn an_edit_requires_the_current_version() {
    let shop = Shop::open("edits").await;
    let path = format!("/v1/coupons/{}", shop.coupon("FLASH20", json!({"max_redemptions": 5})).await);
    let (_, tag, coupon) = send(&shop, Method::GET, &path, None, &Value::Null).await;
    let tag = tag.unwrap();
    let change = json!({"name": "Flash sale"});
    let refused = |(status, _, body): (u16, Option<String>, Value)| (status, body["code"].clone());
    let patch = async |if_match: Option<&str>, body: &Value| send(&shop, Method::PATCH, &path, if_match, body).await;
    assert_eq!(refused(patch(None, &change).await), (428, json!("precondition_required")));
    assert_eq!(refused(patch(Some("\"0\""), &change).await), (412, json!("precondition_failed")));

    shop.redeem(&purchase_body("FLASH20", "ord_1", "ana@edits.example.com")).await.expect(201);
    let (status, next, edited) = patch(Some(&tag), &change).await;
    assert_eq!((status, &edited["name"]), (200, &json!("Flash sale")), "a redemption does not change the version");
    assert_eq!((&edited["discount"], &edited["times_redeemed"]), (&coupon["discount"], &json!(1)));
    assert_ne!(next.as_ref(), Some(&tag));
    assert_eq!(refused(patch(Some(&tag), &change).await), (412, json!("precondition_failed")));
    let (status, ..) = patch(Some(&format!("{tag}, {}", next.unwrap())), &json!({"name": "Again"})).await;
    assert_eq!(status, 200);
    assert_eq!(patch(Some("*"), &change).await.0, 200);
}

#[tokio::test]
async fn an_edit_is_a_merge_patch_and_reports_every_fault() {
    let shop = Shop::open("edits-merged").await;
    let terms = json!({"max_redemptions": 5, "thresholds": [{"percent_used": 80}], "metadata": {"team": "growth", "cost": "7"},
        "applies_to": {"products": ["prod_1"]}});
    let path = format!("/v1/coupons/{}", shop.coupon("FLASH20", terms).await);
    let patch = async |body: Value| {
        let (status, _, answer) = send(&shop, Method::PATCH, &path, Some("*"), &body).await;
        (status, answer)
    };
    let (status, edited) = patch(json!({"metadata": {"cost": null, "phase": "2"}, "applies_to": null,
        "discount": {"percent_off": 12.5}, "thresholds": [], "max_redemptions": null}))
    .await;
    assert_eq!(status, 200, "{edited:#}");
    assert_eq!(edited["metadata"], json!({"team": "growth", "phase": "2"}));
    assert_eq!(edited["applies_to"], json!({"products": [], "collections": [], "product_types": []}));
    assert_eq!(edited["discount"], json!({"type": "percentage", "percent_off": 12.5}));
    assert_eq!(edited["max_redemptions"], Value::Null);
    let (status, edited) =
        patch(json!({"discount": {"type": "fixed_amount", "amount_off": 3000, "currency": "USD"}})).await;
    let fixed = json!({"type": "fixed_amount", "amount_off": 3000, "currency": "USD"});
    assert_eq!((status, &edited["discount"]), (200, &fixed), "a discount of another type replaces the old one");

    for (body, pointers) in [
        (json!({"max_redemption": 5}), vec!["/max_redemption"]),
        (json!({"status": "active"}), vec!["/status"]),
        (json!({"name": null, "discount": {"amount_off": 0}}), vec!["/name", "/discount/amount_off"]),
        (json!({"code": "OTHER"}), vec!["/code"]),
        (json!({"expires_at": "2020-01-01T00:00:00Z"}), vec!["/expires_at"]),
        (json!({"backup_coupon_id": "cpn_01KAP2V7E8QJ6D0Y4T3M5N9R1C"}), vec!["/backup_coupon_id"]),
        (json!(["FLASH20"]), vec![""]),
    ] {
        let (status, answer) = patch(body).await;
        let named: Vec<_> = answer["errors"].as_array().unwrap().iter().map(|error| &error["pointer"]).collect();
        assert_eq!(
            (status, named),
            (422, pointers.iter().map(|pointer| json!(pointer)).collect::<Vec<_>>().iter().collect())
        );
    }
    assert_eq!(shop.get(&path).await["name"], "FLASH20");
}

#[tokio::test]
async fn a_deleted_coupon_cannot_be_redeemed_and_frees_its_code() {
    let shop = Shop::open("edits-deleted").await;
    let coupon = shop.coupon("FLASH20", json!({})).await;
    let path = format!("/v1/coupons/{coupon}");
    shop.redeem(&purchase_body("FLASH20", "ord_1", "ana@edits-deleted.example.com")).await.expect(201);
    let delete = async |if_match| send(&shop, Method::DELETE, &path, if_match, &Value::Null).await.0;
    assert_eq!([delete(None).await, delete(Some("\"0\"")).await, delete(Some("\"1\"")).await], [428, 412, 204]);
    assert_eq!(delete(Some("*")).await, 404);
    assert_eq!(send(&shop, Method::PATCH, &path, Some("*"), &json!({"name": "x"})).await.0, 404);
    assert_eq!(shop.get(&path).await["status"], "deleted", "a deleted coupon stays readable");
    assert_eq!(shop.get("/v1/coupons").await["data"], json!([]));
    let order = purchase_body("FLASH20", "ord_2", "ana@edits-deleted.example.com");
    let refused = shop.redeem(&order).await;
    assert_eq!((refused.status, &refused.body["code"]), (404, &json!("coupon_not_found")));
    let next = shop.coupon("FLASH20", json!({})).await;
    assert_eq!(shop.redeem(&order).await.expect(201)["coupon_id"], next);
}
