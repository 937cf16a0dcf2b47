//! Texts of workflows over HTTP: errors, warnings, sent texts and skipped steps.

use couponflow_tests::fixtures::purchase_body;
use couponflow_tests::receiver::{Receiver, answer, header};
use couponflow_tests::shop::{Shop, eventually, text};
use reqwest::Method;
use serde_json::{Value, json};

const NAME: &str = "Ana \"Nana\" \\ O'Neil";

#[tokio::test(flavor = "multi_thread")]
async fn webhook_json_is_escaped_and_a_mail_with_a_missing_value_is_skipped() {
    let shop = Shop::open("texts").await;
    shop.coupon("VIP50", json!({})).await;
    shop.post("/v1/webhook-secrets", json!({})).await.expect(201);
    let receiver = Receiver::answering(answer("204 No Content", "", "")).await;
    let hook = |id: &str, body: Value| json!({"id": id, "type": "webhook", "url": receiver.url(), "body": body});
    let workflow = json!({"name": "texts", "trigger": {"type": "coupon_redeemed"}, "steps": [
        hook("value", json!({"name": "{{customer.first_name}}", "total": "{{order.total.amount}}"})),
        hook("plain", json!("{{customer.first_name}} redeemed {{coupon.code}}")),
        {"id": "swap", "type": "replace_with_backup_coupon"},
        {"id": "mail", "type": "send_email", "subject": "Next time use {{steps.swap.code}}", "text": "t"}]});
    let workflow = shop.workflow(workflow).await;
    let mut purchase = purchase_body("VIP50", "ord_1", "ana@texts.example.com");
    purchase["customer"]["first_name"] = json!(NAME);
    shop.redeem(&purchase).await.expect(201);
    let done = eventually("the execution to be completed", async || {
        shop.executions(&workflow).await.into_iter().find(|execution| execution["status"] == "completed")
    })
    .await;
    assert_eq!(done["steps"][3]["status"], "skipped", "{done}");
    assert_eq!(done["steps"][3]["detail"], "steps.swap.code has no value and no |default in the template");
    let requests = receiver.requests();
    let body = |request: &str| request.split_once("\r\n\r\n").unwrap().1.to_owned();
    let posted: Value = serde_json::from_str(&body(&requests[0])).unwrap();
    assert_eq!((&posted["name"], posted["total"].is_i64()), (&json!(NAME), true), "{posted}");
    assert_eq!(header(&requests[0], "content-type"), Some("application/json"));
    assert_eq!(header(&requests[1], "content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(body(&requests[1]), format!("{NAME} redeemed VIP50"));
}

#[tokio::test]
async fn impossible_workflows_are_rejected_and_doubtful_ones_get_a_warning() {
    let shop = Shop::open("remarks").await;
    let with = |trigger: &str, steps: Value| json!({"name": "w", "trigger": {"type": trigger}, "steps": steps});
    let refused = async |document: Value| {
        let answer = shop.post("/v1/workflows", document).await;
        assert_eq!(answer.status, 422, "{}", answer.body);
        answer.body["errors"].as_array().unwrap().iter().map(|error| text(&error["pointer"])).collect::<Vec<_>>()
    };
    let gift = json!({"id": "gift", "type": "generate_coupon", "expires_in": "P3D",
        "coupon": {"name": "Gift", "discount": {"type": "percentage", "percent_off": 10}}});
    let mail = json!({"id": "mail", "type": "send_email", "subject": "s", "text": "t"});
    assert_eq!(refused(with("coupon_limit_reached", json!([mail]))).await, ["/steps/0/type"]);
    let filters = json!([{"field": "coupon_code", "operator": "is", "value": "{{steps.gift.code}}"}]);
    let goal = json!({"id": "used", "type": "goal", "event": "coupon_redeemed", "coupon": "any", "filters": filters});
    assert_eq!(refused(with("coupon_redeemed", json!([gift, goal]))).await, ["/steps/1/filters/0/value"]);
    let broken = json!({"id": "hook", "type": "webhook", "url": "https://hooks.example.com/x",
        "body": "{\"first_name\": \"{{customer.first_name}}\"}"});
    assert_eq!(refused(with("coupon_redeemed", json!([broken]))).await, ["/steps/0/body"]);

    let link = json!({"id": "mail", "type": "send_email", "subject": "Until {{steps.gift.expires_at|date}}",
        "text": "https://shop.example.com/?email={{customer.email}}"});
    let eve = json!({"id": "eve", "type": "wait", "until": "{{steps.gift.expires_at}}", "before": "P1D"});
    let goal = json!({"id": "used", "type": "goal", "event": "coupon_redeemed", "coupon": {"step": "gift"}});
    let document = with("coupon_redeemed", json!([gift, link, eve, goal]));
    let created = shop.post("/v1/workflows", document.clone()).await.expect(201);
    let warnings = created["warnings"].as_array().unwrap();
    assert_eq!((warnings.len(), &warnings[0]["pointer"]), (1, &json!("/steps/1/text")), "{created}");
    assert!(text(&warnings[0]["detail"]).contains("{{customer.email|urlencode}}"), "{created}");
    let path = format!("/v1/workflows/{}", text(&created["id"]));
    assert_eq!(shop.get(&path).await["warnings"], created["warnings"]);
    let sample = couponflow_tests::repository::json("events/samples/CouponRedeemed.json");
    let dry = shop.post(&format!("{path}/dry-run"), json!({"events": [sample]})).await.expect(200);
    let statuses = dry["data"][0]["steps"].as_array().unwrap().iter().map(|step| text(&step["status"]));
    assert_eq!(statuses.collect::<Vec<_>>(), ["completed", "completed", "completed", "skipped"], "{dry}");
    assert_eq!(dry["data"][0]["matches"], true, "{dry}");

    let mut right = document;
    right["steps"][1]["text"] = json!("https://shop.example.com/?email={{customer.email|urlencode}}");
    let saved = shop.request(Method::PUT, &path).header("if-match", "*").json(&right).send().await.unwrap();
    assert_eq!(saved.json::<Value>().await.unwrap()["warnings"], json!([]));

    let triggers = shop.get("/v1/triggers").await;
    assert!(triggers["filters"].as_array().unwrap().iter().any(|filter| filter["name"] == "urlencode"));
    let threshold =
        triggers["triggers"].as_array().unwrap().iter().find(|form| form["type"] == "coupon_threshold_reached");
    let fields = threshold.unwrap()["fields"].as_array().unwrap();
    assert!(["percent_used", "remaining"].iter().all(|name| fields.iter().any(|field| field["field"] == *name)));
}

#[tokio::test]
async fn a_workflow_runs_only_for_the_threshold_of_its_filter() {
    let shop = Shop::open("thresholds").await;
    let terms = json!({"max_redemptions": 5, "thresholds": [{"percent_used": 80}, {"remaining": 2}]});
    shop.coupon("FEW", terms).await;
    let workflow = json!({"name": "eighty", "trigger": {"type": "coupon_threshold_reached", "filters": [
            {"field": "percent_used", "operator": "=", "value": 80}]},
        "steps": [{"id": "off", "type": "pause_coupon"}]});
    let workflow = shop.workflow(workflow).await;
    for order in 0..4 {
        let email = format!("c{order}@thresholds.example.com");
        shop.redeem(&purchase_body("FEW", &format!("ord_{order}"), &email)).await.expect(201);
    }
    let execution = eventually("the threshold", async || {
        shop.executions(&workflow).await.into_iter().find(|execution| execution["status"] == "completed")
    })
    .await;
    let event = shop.get("/v1/events?type=CouponThresholdReached").await["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|event| event["detail"]["metadata"]["event_id"] == execution["event_id"])
        .cloned()
        .unwrap();
    assert_eq!(event["detail"]["data"]["threshold"], "80%");
    assert_eq!(shop.executions(&workflow).await.len(), 1);
}
