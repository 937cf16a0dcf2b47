//! Erasure over HTTP: it requires the current version, and nothing about the contact is sent
//! afterwards.

use couponflow_tests::fixtures::purchase_body;
use couponflow_tests::receiver::{Receiver, answer};
use couponflow_tests::shop::{Shop, eventually, text};
use reqwest::Method;
use reqwest::header::IF_MATCH;
use serde_json::{Value, json};

async fn erase(shop: &Shop, path: &str, version: &str) -> u16 {
    let request = shop.request(Method::DELETE, path).header(IF_MATCH, version);
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_erasure_changes_nothing_and_a_current_one_stops_messages() {
    let shop = Shop::open("erasure").await;
    let coupon = shop.coupon("VIP50", json!({})).await;
    shop.post("/v1/webhook-secrets", json!({})).await.expect(201);
    let receiver = Receiver::answering(answer("204 No Content", "", "")).await;
    let steps = json!([{"id": "pause", "type": "wait", "for": "P300D"},
        {"id": "hook", "type": "webhook", "url": receiver.url()}]);
    let workflow = json!({"name": "later", "trigger": {"type": "coupon_redeemed"}, "steps": steps});
    let workflow = shop.workflow(workflow).await;
    let everyone = json!([{"id": "each", "type": "for_each_contact",
        "audience": {"type": "redeemed", "coupon_id": coupon}, "steps": [{"id": "tag", "type": "add_tag", "tag": "x"}]}]);
    let audience = json!({"name": "all", "trigger": {"type": "coupon_redeemed"}, "steps": everyone});
    let audience = text(&shop.post("/v1/workflows", audience).await.expect(201)["id"]);
    let members = async || {
        let dry = shop.post(&format!("/v1/workflows/{audience}/dry-run"), json!({})).await.expect(200);
        dry["data"][0]["steps"][0]["for_one_contact"].as_array().map_or(0, Vec::len)
    };

    shop.redeem(&purchase_body("VIP50", "ord_1", "ana@erasure.example.com")).await.expect(201);
    let execution = async |status: &str| {
        let executions = shop.executions(&workflow).await;
        executions.into_iter().find(|execution| execution["status"] == status)
    };
    let waiting = eventually("the execution to wait", async || execution("waiting").await).await;
    let contact = format!("/v1/contacts/{}", text(&waiting["contact"]));
    assert_eq!(erase(&shop, &contact, "\"0\"").await, 412);
    assert_eq!(members().await, 1, "a stale erasure leaves the audience unchanged");
    assert_eq!(erase(&shop, &contact, "*").await, 204);
    assert_eq!(members().await, 0);
    assert_eq!(erase(&shop, &contact, "*").await, 404);

    let cancelled = eventually("the execution to be cancelled", async || execution("cancelled").await).await;
    assert_eq!(
        cancelled["detail"], "the contact was erased",
        "the execution ends within a minute, not after its wait of 300 days"
    );
    assert_eq!(receiver.requests(), Vec::<String>::new());
    let dry = json!({});
    let dry = shop.post(&format!("/v1/workflows/{workflow}/dry-run"), dry).await.expect(200);
    let steps: Vec<&Value> = dry["data"][0]["steps"].as_array().unwrap().iter().map(|step| &step["id"]).collect();
    assert_eq!(steps, ["pause", "hook"], "{dry:#}");
    assert!(!dry.to_string().contains("ana@erasure.example.com"), "{dry:#}");
}
