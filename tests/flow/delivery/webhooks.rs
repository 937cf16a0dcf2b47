//! Webhooks from a workflow to a receiver on this machine.

use couponflow_domain::delivery::webhook::{SigningSecret, signed_headers};
use couponflow_domain::kernel::ids::SigningSecretId;
use couponflow_tests::fixtures::purchase_body;
use couponflow_tests::receiver::{Receiver, answer, header};
use couponflow_tests::shop::{Shop, eventually, text};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

/// Starts a receiver that answers the first request with 503 and `headers`, and accepts all later
/// requests.
async fn busy_once(headers: &'static str) -> Receiver {
    let was_asked = std::sync::atomic::AtomicBool::new(false);
    Receiver::start(move |mut connection| {
        let is_busy = !was_asked.swap(true, std::sync::atomic::Ordering::SeqCst);
        async move {
            let status = if is_busy { "503 Service Unavailable" } else { "204 No Content" };
            connection
                .write_all(answer(status, if is_busy { headers } else { "" }, "").as_bytes())
                .await
                .unwrap_or_default();
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_signed_and_retried_with_the_same_id() {
    let shop = Shop::open("webhooks").await;
    shop.coupon("VIP50", json!({})).await;
    let secret = text(&shop.post("/v1/webhook-secrets", json!({})).await.expect(201)["secret"]);
    let receiver = busy_once("").await;
    let steps = json!([{"id": "hook", "type": "webhook", "url": receiver.url()}]);
    let workflow = json!({"name": "hook", "trigger": {"type": "coupon_redeemed"}, "steps": steps});
    let workflow = shop.workflow(workflow).await;
    shop.redeem(&purchase_body("VIP50", "ord_1", "ana@webhooks.example.com")).await.expect(201);

    let done = eventually("the webhook to be accepted", async || {
        shop.executions(&workflow).await.into_iter().find(|execution| execution["status"] == "completed")
    })
    .await;
    let step = &done["steps"][0];
    let outcomes: Vec<&Value> =
        step["attempts"].as_array().unwrap().iter().map(|attempt| &attempt["outcome"]).collect();
    assert_eq!((outcomes, &step["output"]["status"]), (vec![&json!("failed"), &json!("completed")], &json!(204)));
    assert!(text(&step["attempts"][0]["error"]).contains("503"), "{step}");

    let requests = receiver.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(header(&requests[0], "webhook-id"), header(&requests[1], "webhook-id"));
    let request = &requests[1];
    let (id, timestamp) = (header(request, "webhook-id").unwrap(), header(request, "webhook-timestamp").unwrap());
    let body = request.split_once("\r\n\r\n").unwrap().1;
    let at = chrono::DateTime::from_timestamp(timestamp.parse().unwrap(), 0).unwrap();
    let secret = SigningSecret::parse(SigningSecretId::new(at, [0; 10]), &secret, at).unwrap();
    let [_, _, (_, signature)] = signed_headers(id, at, body, &[secret]);
    assert_eq!(header(request, "webhook-signature"), Some(signature.as_str()));
    let event: Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        (&event["detail-type"], &event["detail"]["data"]["order"]["id"]),
        (&json!("CouponRedeemed"), &json!("ord_1"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_retry_waits_for_retry_after() {
    let shop = Shop::open("webhooks-put-off").await;
    shop.coupon("VIP50", json!({})).await;
    shop.post("/v1/webhook-secrets", json!({})).await.expect(201);
    let receiver = busy_once("retry-after: 9\r\n").await;
    let steps = json!([{"id": "hook", "type": "webhook", "url": receiver.url()}]);
    let workflow = json!({"name": "hook", "trigger": {"type": "coupon_redeemed"}, "steps": steps});
    let workflow = shop.workflow(workflow).await;
    shop.redeem(&purchase_body("VIP50", "ord_1", "ana@webhooks-put-off.example.com")).await.expect(201);

    let with_status = async |status: &str| {
        shop.executions(&workflow).await.into_iter().find(|execution| execution["status"] == status)
    };
    let waiting = eventually("the webhook to be delayed", async || with_status("waiting").await).await;
    let why = text(&waiting["steps"][0]["detail"]);
    assert!(why.contains("503") && why.contains("Retry-After"), "{why}");
    let done = eventually("the webhook to be accepted", async || with_status("completed").await).await;
    let attempts = done["steps"][0]["attempts"].as_array().unwrap();
    assert_eq!(attempts.len(), 2);
    let instant =
        |attempt: &Value, name: &str| -> chrono::DateTime<chrono::Utc> { text(&attempt[name]).parse().unwrap() };
    let pause = instant(&attempts[1], "started_at") - instant(&attempts[0], "finished_at");
    assert!(pause >= chrono::TimeDelta::seconds(9), "retried after {pause}, before the 9 s of Retry-After");
}
