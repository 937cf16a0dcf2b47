//! Lists of coupons by code, by status, and without generated coupons.

use couponflow_tests::fixtures::purchase_body;
use couponflow_tests::shop::{Shop, eventually, text};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn coupons_are_listed_by_code_and_status_without_generated_ones() {
    let shop = Shop::open("listed").await;
    let member = shop.coupon("MEMBER20", json!({})).await;
    let paused = shop.coupon("OLD10", json!({})).await;
    shop.post(&format!("/v1/coupons/{paused}/pause"), json!({})).await.expect(200);
    let new = json!({"name": "Gift", "discount": {"type": "percentage", "percent_off": 5}});
    let steps = json!([{"id": "gift", "type": "generate_coupon", "prefix": "GIFT", "coupon": new}]);
    shop.workflow(json!({"name": "gift", "trigger": {"type": "coupon_redeemed"}, "steps": steps})).await;
    shop.redeem(&purchase_body("MEMBER20", "ord_1", "ana@listed.example.com")).await.expect(201);

    let codes = async |query: &str| -> Vec<String> {
        let page = shop.get(&format!("/v1/coupons?{query}")).await;
        page["data"].as_array().unwrap().iter().map(|coupon: &Value| text(&coupon["code"])).collect()
    };
    let gift = eventually("the gift", async || codes("generated=true").await.pop()).await;
    assert!(gift.starts_with("GIFT"), "{gift}");
    assert_eq!(codes("").await, ["OLD10", "MEMBER20"]);
    assert_eq!(codes("generated=false&status=active").await, ["MEMBER20"]);
    assert_eq!(codes("status=paused").await, ["OLD10"]);
    assert_eq!(codes("code=member20").await, ["MEMBER20"]);
    assert_eq!(codes(&format!("code={gift}")).await, std::slice::from_ref(&gift));
    assert_eq!(codes("code=MEMBER20&status=paused").await, Vec::<String>::new());
    assert_eq!(codes("code=NOBODYS").await, Vec::<String>::new());
    let found = shop.get("/v1/coupons?code=MEMBER20").await;
    assert_eq!((&found["data"][0]["id"], &found["next_cursor"]), (&json!(member), &Value::Null));
    let faults = [
        ("code=a", 422, "?code"),
        ("status=over", 422, "?status"),
        ("generated=yes", 422, "?generated"),
        ("code=MEMBER20&generated=true", 422, "?generated"),
        ("code=MEMBER20&code=OLD10", 400, "?code"),
        ("limit=5&limit=6", 400, "?limit"),
    ];
    for (bad, status, pointer) in faults {
        let refused = shop.send(Method::GET, &format!("/v1/coupons?{bad}"), &shop.keys.admin, None).await;
        let answered = (refused.status, refused.body["errors"][0]["pointer"].as_str());
        assert_eq!(answered, (status, Some(pointer)), "{bad}: {:#}", refused.body);
    }
}
