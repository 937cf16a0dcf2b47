//! The logs of all functions while they handle a customer's purchases, faulty input and an erasure.

use couponflow_app::kernel::system::Clock as _;
use couponflow_aws::system::System;
use couponflow_tests::fixtures::purchase_body;
use couponflow_tests::repository;
use couponflow_tests::shop::{Shop, eventually, state_dir, text};
use reqwest::Method;
use reqwest::header::IF_MATCH;
use serde_json::{Value, json};

const EMAIL: &str = "quetzalina.xylander@logs.example.com";
const FIRST_NAME: &str = "Quetzalina";
const LAST_NAME: &str = "Xylanderson";
const CUSTOMER_ID: &str = "customer-qz-7731";
const UNIQUE_CODE: &str = "QZUNIQUE7731";
const UNKNOWN_CODE: &str = "QZGUESS7731";

/// Start of the codes that the workflow generates.
const GENERATED: &str = "QZBONUS";

/// What no log line may contain.
const SEEDS: [&str; 7] = [EMAIL, FIRST_NAME, LAST_NAME, CUSTOMER_ID, UNIQUE_CODE, UNKNOWN_CODE, GENERATED];

/// Lines that the log of the emulator has of functions. The lines of requests over HTTP are in the log groups only. The
/// emulator's own lines, which start with a time, are left out.
fn lines_of_emulator() -> Vec<String> {
    let log = std::fs::read_to_string(state_dir().join("ministack.log")).expect("the log of the stack");
    let is_emulator = |line: &str| line.starts_with("20") && line.contains(" [");
    log.lines().filter(|line| !is_emulator(line)).map(str::to_owned).collect()
}

fn body(code: &str, order: &str) -> Value {
    let mut body = purchase_body(code, order, EMAIL);
    body["customer"] = json!({"email": EMAIL, "id": CUSTOMER_ID, "first_name": FIRST_NAME, "last_name": LAST_NAME});
    body
}

/// Sends input in which the customer's data has the wrong form, over HTTP and to the functions directly.
async fn send_faulty_input(shop: &Shop) {
    let mut faulty = body("VIP50", "ord_9");
    faulty["customer"]["email"] = json!({"address": EMAIL});
    faulty["order"]["currency"] = json!(FIRST_NAME);
    shop.apply(&faulty).await.expect(422);
    let cut = format!("{{\"customer\": \"{EMAIL}\", {FIRST_NAME}");
    shop.send(Method::POST, "/v1/redeem", &shop.keys.server, Some(cut)).await.expect(400);
    for function in ["apply", "redeem", "api", "event-relay", "action-executor"] {
        let event = json!({"version": EMAIL, "rawPath": [FIRST_NAME], "requestContext": CUSTOMER_ID, "headers": EMAIL,
            "isBase64Encoded": EMAIL});
        let (_, failed) = shop.invoke(function, &event).await;
        assert!(failed, "{function}");
    }
    let mut stream = repository::json("events/samples/event-relay.json");
    stream["Records"][0]["dynamodb"]["NewImage"]["timer"] = json!({"S": EMAIL});
    shop.invoke("event-relay", &stream).await;
    let mut queue = repository::json("events/samples/action-executor-events.json");
    queue["Records"][0]["body"] = json!(json!({"detail-type": EMAIL, "detail": {"metadata": FIRST_NAME}}).to_string());
    shop.invoke("action-executor", &queue).await;
}

/// Counts the lines about requests of the tenant, and asserts that each line names the key, the client by a digest, the
/// operation, the status and the request, under whose id the access log of the gateway has the user agent.
fn requests(lines: &[String]) -> usize {
    let of_requests = lines.iter().filter(|line| line.contains("Answered a request") && line.contains("\"logs\""));
    let mut count = 0;
    for line in of_requests {
        let line: Value = serde_json::from_str(line).expect("a line of JSON");
        assert!(text(&line["key.id"]).starts_with("key_") && line["status"].is_u64(), "{line}");
        let client = text(&line["client"]);
        assert!(client.len() == 16 && client.bytes().all(|byte| byte.is_ascii_hexdigit()), "{line}");
        assert!(!text(&line["operation"]).is_empty() && !text(&line["request.id"]).is_empty(), "{line}");
        count += 1;
    }
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_line_contains_a_name_an_address_a_customer_id_or_a_code() {
    let shop = Shop::open("logs").await;
    let started = System.now();
    shop.coupon("VIP50", json!({})).await;
    let unique = shop.coupon("QZBATCH", json!({"code_type": "unique"})).await;
    let import = shop.request(Method::POST, &format!("/v1/coupons/{unique}/codes"));
    let import = import.header("content-type", "text/csv").body(format!("{UNIQUE_CODE}\r\n"));
    assert_eq!(import.send().await.unwrap().status().as_u16(), 202);
    shop.post("/v1/webhook-secrets", json!({})).await.expect(201);
    let steps = json!([
        {"id": "mail", "type": "send_email", "subject": "Hi {{customer.first_name}}", "text": "{{customer.email}}"},
        {"id": "bonus", "type": "generate_coupon", "prefix": GENERATED, "expires_in": "PT24H", "only_for_contact": true,
         "coupon": {"name": "Bonus", "discount": {"type": "percentage", "percent_off": 5}}},
        {"id": "hook", "type": "webhook", "url": "http://127.0.0.1:9/closed"},
        {"id": "tag", "type": "add_tag", "tag": "qz"}]);
    let workflow = json!({"name": "w", "trigger": {"type": "coupon_redeemed"}, "steps": steps});
    let workflow = shop.workflow(workflow).await;

    shop.apply(&body("VIP50", "ord_1")).await.expect(200);
    let redeemed = shop.post_with_key("/v1/redeem", &shop.keys.server, "qz", &body("VIP50", "ord_1")).await.expect(201);
    shop.apply(&body(UNKNOWN_CODE, "ord_2")).await.expect(404);
    let unique_order = body(UNIQUE_CODE, "ord_3");
    eventually("the unique code to be imported", async || {
        let got = shop.redeem(&unique_order).await;
        (got.status == 201).then_some(())
    })
    .await;
    send_faulty_input(&shop).await;
    let execution = eventually("an execution that tried the webhook", async || {
        let executions = shop.executions(&workflow).await;
        executions.into_iter().find(|execution| execution["steps"].as_array().is_some_and(|steps| steps.len() > 2))
    })
    .await;
    let rollback = format!("/v1/redemptions/{}/rollback", text(&redeemed["id"]));
    shop.post(&rollback, json!({"reason": "refunded"})).await.expect(200);
    let erase = shop.request(Method::DELETE, &format!("/v1/contacts/{}", text(&execution["contact"])));
    assert_eq!(erase.header(IF_MATCH, "*").send().await.unwrap().status().as_u16(), 204);
    eventually("the execution to be cancelled", async || {
        let now = shop.get(&format!("/v1/executions/{}", text(&execution["id"]))).await;
        (now["status"] == "cancelled").then_some(())
    })
    .await;

    let mut lines = shop.log_lines(started, "").await;
    let of_requests = requests(&lines);
    assert!(of_requests > 5, "only {of_requests} log lines are about requests of this tenant");
    lines.extend(lines_of_emulator());
    let of_tenant = lines.iter().filter(|line| line.contains("\"logs\"")).count();
    assert!(of_tenant > of_requests + 5, "only {of_tenant} of {} log lines are about this tenant", lines.len());
    let leaks: Vec<&String> = lines.iter().filter(|line| SEEDS.iter().any(|seed| line.contains(seed))).collect();
    assert!(leaks.is_empty(), "{leaks:#?}");
}
