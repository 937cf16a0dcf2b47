//! Dry runs over HTTP: they predict the steps of a run, and explain why a filter matches although
//! its field has no value.

use couponflow_tests::repository;
use couponflow_tests::shop::Shop;
use serde_json::{Value, json};

/// Builds `count` redemptions by one customer, each with an order of 20 lines, latest first.
fn redemptions(count: usize) -> Vec<Value> {
    let sample = repository::json("events/samples/CouponRedeemed.json");
    let each = |i: usize| {
        let mut event = sample.clone();
        let detail = &mut event["detail"];
        detail["metadata"]["event_id"] = json!(format!("evt_01KAP2V7E8A1B2C3D4E5F6G{i:03}"));
        detail["metadata"]["occurred_at"] = json!(format!("2026-11-22T15:{:02}:{:02}Z", i / 60, i % 60));
        detail["data"]["source"] = Value::Null;
        let line = detail["data"]["order"]["lines"][0].clone();
        detail["data"]["order"]["lines"] = json!(vec![line; 20]);
        event
    };
    (0..count).rev().map(each).collect()
}

#[tokio::test]
async fn a_dry_run_of_100_events_predicts_what_each_run_does() {
    let shop = Shop::open("dry-runs").await;
    let coupon = shop.coupon("ENDLESS", json!({})).await;
    let gone = shop.coupon("GONE", json!({})).await;
    let document = json!({"name": "dry", "re_entry": true, "max_executions_per_contact_and_hour": 2,
        "trigger": {"type": "coupon_redeemed", "filters": [
            {"field": "source", "operator": "is_not", "value": "affiliate"},
            {"field": "redemption_limit", "operator": "!=", "value": 5}]},
        "steps": [
            {"id": "longer", "type": "extend_coupon", "coupon_id": coupon, "by": "P1D"},
            {"id": "off", "type": "pause_coupon", "coupon_id": coupon},
            {"id": "more", "type": "raise_limit", "coupon_id": gone, "by": 5},
            {"id": "never", "type": "add_tag", "tag": "x"}]});
    let workflow = shop.post("/v1/workflows", document).await.expect(201);
    let removed = shop.request(reqwest::Method::DELETE, &format!("/v1/coupons/{gone}")).header("if-match", "*");
    assert_eq!(removed.send().await.unwrap().status(), 204);
    let path = format!("/v1/workflows/{}/dry-run", workflow["id"].as_str().unwrap());
    let answer = shop.post(&path, json!({"events": redemptions(100)})).await.expect(200);
    let runs = answer["data"].as_array().unwrap();
    assert_eq!(runs.len(), 100);
    // The workflow admits the two earliest events. The request lists the latest event first.
    let entering: Vec<usize> = (0..100).filter(|i| runs[*i]["would_skip"].is_null()).collect();
    assert_eq!(entering, [98, 99]);
    assert_eq!(runs[0]["would_skip"], "the contact has entered this workflow 2 times in this hour");
    let told: Vec<_> =
        runs[99]["steps"].as_array().unwrap().iter().map(|step| [&step["id"], &step["status"]]).collect();
    assert_eq!(json!(told), json!([["longer", "skipped"], ["off", "completed"], ["more", "failed"]]));
    assert_eq!(runs[99]["steps"][0]["detail"], "the coupon never expires");
    assert_eq!(runs[99]["would_end"], "failed");
    let source = &runs[99]["filters"]["all"][0];
    assert_eq!((&source["held"], &source["received"]), (&json!(true), &Value::Null));
    assert_eq!(source["note"], "has no value; negative operators hold in that case");
    let triggers = shop.get("/v1/triggers").await;
    let operators = triggers["triggers"][0]["fields"][0]["operators"].as_array().unwrap();
    let holds = |name: &str| {
        operators.iter().find(|one| one["operator"] == name).unwrap()["holds_without_value"].as_bool().unwrap()
    };
    assert!(holds("is_not") && !holds("is"));
}

#[tokio::test]
async fn a_wait_step_whose_until_cannot_be_an_instant_is_rejected_on_save() {
    let shop = Shop::open("unkeepable").await;
    let until = async |until: &str| {
        let document = json!({"name": "w", "trigger": {"type": "coupon_redeemed"},
            "steps": [{"id": "pause", "type": "wait", "until": until}]});
        shop.post("/v1/workflows", document).await
    };
    let refused = until("{{coupon.code}}").await;
    assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!("/steps/0/until")));
    until("{{coupon.expires_at}}").await.expect(201);
    until("2036-01-01T00:00:00Z").await.expect(201);
}
