//! Operators edit and dry-run workflows, replay events, and cancel and retry executions.

use couponflow_tests::fixtures::purchase_body;
use couponflow_tests::repository;
use couponflow_tests::shop::{Shop, eventually, text};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_workflow_is_edited_published_restored_and_deleted() {
    let shop = Shop::open("editing").await;
    let tag = |tag: &str| {
        json!({"name": "w", "trigger": {"type": "coupon_redeemed"},
        "steps": [{"id": "tag", "type": "add_tag", "tag": tag}]})
    };
    let id = shop.workflow(tag("one")).await;
    let path = format!("/v1/workflows/{id}");
    let put = async |etag: &str, body: serde_json::Value| {
        let request = shop.request(Method::PUT, &path).header("if-match", etag).json(&body);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json::<serde_json::Value>().await.unwrap())
    };
    let etag = shop.request(Method::GET, &path).send().await.unwrap().headers()["etag"].to_str().unwrap().to_owned();
    let (status, saved) = put(&etag, tag("two")).await;
    assert_eq!((status, &saved["version"], &saved["has_unpublished_changes"]), (200, &json!(1), &json!(true)));
    assert_eq!(put(&etag, tag("three")).await.0, 412);
    let (status, refused) = put("*", json!({"name": "w", "trigger": {"type": "coupon_redeemed"}, "steps": []})).await;
    assert_eq!((status, &refused["errors"][0]["pointer"]), (422, &json!("/steps")));
    let published = shop.post(&format!("{path}/publish"), json!({})).await.expect(200);
    assert_eq!(published["version"], 2);
    let restored = shop.post(&format!("{path}/restore"), json!({"version": 1})).await.expect(200);
    assert_eq!(restored["steps"][0]["tag"], "one");
    assert_eq!(shop.post(&format!("{path}/restore"), json!({"version": 9})).await.status, 422);
    let versions = shop.get(&format!("{path}/versions")).await;
    assert_eq!(versions["data"][0]["steps"][0]["tag"], "two");
    let deleted = shop.request(Method::DELETE, &path).header("if-match", "*").send().await.unwrap();
    assert_eq!(deleted.status(), 204);
    assert_eq!(shop.request(Method::GET, &path).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_dry_run_takes_logged_or_given_events_and_a_replay_starts_each_execution_once() {
    let shop = Shop::open("replaying").await;
    let coupon = shop.coupon("FLASH20", json!({})).await;
    shop.redeem(&purchase_body("FLASH20", "ord_1", "ana@replaying.example.com")).await.expect(201);
    eventually("the event", async || {
        Some(shop.events(&coupon, "CouponRedeemed").await).filter(|events| !events.is_empty())
    })
    .await;
    let document = json!({"name": "late", "re_entry": true, "trigger": {"type": "coupon_redeemed", "filters": [
        {"field": "order_value", "operator": ">=", "value": {"amount": 4900, "currency": "USD"}}]},
        "steps": [{"id": "tag", "type": "add_tag", "tag": "late"}]});
    let id = text(&shop.post("/v1/workflows", document).await.expect(201)["id"]);
    let path = format!("/v1/workflows/{id}");
    let dry = shop.post(&format!("{path}/dry-run"), json!({"coupon_id": coupon})).await.expect(200);
    assert_eq!(
        (&dry["data"][0]["matches"], &dry["data"][0]["steps"][0]["input"]["tag"]),
        (&json!(true), &json!("late"))
    );
    let sample = repository::json("events/samples/CouponApplied.json");
    let given = shop.post(&format!("{path}/dry-run"), json!({"events": [sample]})).await.expect(200);
    assert_eq!(
        (&given["data"][0]["matches"], &given["data"][0]["expected_event"]),
        (&json!(false), &json!("coupon_redeemed"))
    );
    let bad = shop.post(&format!("{path}/dry-run"), json!({"events": [{"detail-type": "X"}]})).await;
    assert_eq!((bad.status, &bad.body["errors"][0]["pointer"]), (422, &json!("/events/0")));
    assert_eq!(shop.post(&format!("{path}/replay"), json!({})).await.body["code"], "not_published");
    assert!(shop.executions(&id).await.is_empty(), "a dry run starts no execution");

    shop.post(&format!("{path}/publish"), json!({})).await.expect(200);
    let outcome =
        async || shop.post(&format!("{path}/replay"), json!({})).await.expect(200)["data"][0]["outcome"].clone();
    assert_eq!((outcome().await, outcome().await), (json!("begun"), json!("ran_before")));
    eventually("the execution to be completed", async || {
        let executions = shop.get(&format!("/v1/executions?workflow_id={id}&status=completed")).await;
        (executions["data"].as_array().unwrap().len() == 1).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_waiting_execution_is_cancelled_and_a_failed_one_is_retried() {
    let shop = Shop::open("executions").await;
    shop.coupon("FLASH20", json!({})).await;
    let waits = json!({"name": "waits", "trigger": {"type": "coupon_redeemed"},
        "steps": [{"id": "pause", "type": "wait", "for": "P1D"}]});
    let waits = shop.workflow(waits).await;
    let missing = shop.coupon("MISSING", json!({})).await;
    let fails = json!({"name": "fails", "trigger": {"type": "coupon_redeemed"},
        "steps": [{"id": "more", "type": "extend_coupon", "coupon_id": missing, "by": "P1D"}]});
    let fails = shop.workflow(fails).await;
    let gone = shop.request(Method::DELETE, &format!("/v1/coupons/{missing}")).header("if-match", "*");
    assert_eq!(gone.send().await.unwrap().status(), 204);
    shop.redeem(&purchase_body("FLASH20", "ord_1", "ana@executions.example.com")).await.expect(201);
    let of = async |workflow: &str, status: &str| {
        eventually(status, async || {
            shop.executions(workflow).await.into_iter().find(|execution| execution["status"] == status)
        })
        .await
    };
    let waiting = text(&of(&waits, "waiting").await["id"]);
    let cancelled = shop.post(&format!("/v1/executions/{waiting}/cancel"), json!({})).await.expect(200);
    assert_eq!((&cancelled["status"], &cancelled["detail"]), (&json!("cancelled"), &json!("by an operator")));
    shop.post(&format!("/v1/executions/{waiting}/cancel"), json!({})).await.expect(200);
    assert_eq!(shop.post(&format!("/v1/executions/{waiting}/retry"), json!({})).await.body["code"], "not_failed");
    let failed = of(&fails, "failed").await;
    assert!(text(&failed["steps"][0]["detail"]).contains("there is no coupon"), "{failed}");
    let failed = text(&failed["id"]);
    assert_eq!(shop.post(&format!("/v1/executions/{failed}/cancel"), json!({})).await.body["code"], "not_under_way");
    shop.post(&format!("/v1/executions/{failed}/retry"), json!({})).await.expect(200);
    eventually("the second failure", async || {
        let execution = shop.get(&format!("/v1/executions/{failed}")).await;
        (execution["status"] == "failed" && execution["steps"][0]["attempts"][1]["outcome"] == "failed").then_some(())
    })
    .await;
}
