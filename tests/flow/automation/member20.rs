//! The MEMBER20 scenario: a welcome workflow that starts another one, and re-entry.

use couponflow_tests::fixtures::purchase_body;
use couponflow_tests::repository;
use couponflow_tests::shop::{Shop, eventually, text};
use serde_json::{Value, json};

#[tokio::test]
async fn redeeming_member20_tags_mails_notifies_and_starts_the_upsell() {
    let shop = Shop::open("member20").await;
    shop.confirm("admin@member20.example.com").await;
    let coupon = shop.coupon("MEMBER20", json!({"max_redemptions": 10})).await;
    let mut upsell = repository::json("events/samples/workflow-upsell.json");
    upsell["steps"][1]["for"] = json!("PT2S");
    let upsell = shop.workflow(upsell).await;
    let mut welcome = repository::json("events/samples/workflow-member20.json");
    welcome["steps"][2]["to"] = json!(["admin@member20.example.com"]);
    welcome["steps"][3]["workflow_id"] = json!(upsell);
    let welcome = shop.workflow(welcome).await;

    let email = "ana@member20.example.com";
    let redemption = shop.redeem(&purchase_body("member20", "ord_1", email)).await.expect(201);
    assert_eq!(redemption["discount"]["amount"], 980);
    let again = shop.redeem(&purchase_body("MEMBER20", "ord_1", email)).await.expect(201);
    assert_eq!(again, redemption, "a repeated redeem of an order returns its redemption");

    let done =
        eventually("the welcome workflow to be completed", async || completed(shop.executions(&welcome).await)).await;
    assert_eq!(steps(&done), ["tag completed", "welcome completed", "tell completed", "upsell completed"]);
    assert_eq!(done["workflow_version"], 1);
    let upsold =
        eventually("the upsell workflow to be completed", async || completed(shop.executions(&upsell).await)).await;
    assert_eq!(steps(&upsold), ["first completed", "pause completed", "second completed"]);
    assert_eq!(upsold["id"], done["steps"][3]["output"]["execution_id"]);

    let mail = shop.mail_to(email).await;
    let subjects: Vec<&Value> = mail.iter().map(|mail| &mail["Subject"]).collect();
    assert_eq!(subjects, ["Welcome, Ana", "More for members, Ana", "Still thinking it over?"]);
    assert!(text(&mail[0]["BodyHtml"]).contains("MEMBER20: you saved $9.80"), "{}", mail[0]);
    let told = shop.mail_to("admin@member20.example.com").await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["BodyText"], "Redemption 1: order ord_1, $39.20 after $9.80 off.");

    let contacts = shop.get(&format!("/v1/contacts?email={email}")).await;
    assert_eq!(contacts["data"][0]["tags"], json!(["Member20-Used"]));
    let events = shop.events(&coupon, "CouponRedeemed").await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["detail"]["data"]["redemption"]["id"], redemption["id"]);
    let read = shop.get(&format!("/v1/redemptions/{}", text(&redemption["id"]))).await;
    assert_eq!(read["redemption_number"], 1);
}

#[tokio::test]
async fn a_contact_enters_once_without_re_entry_and_never_for_another_code() {
    let shop = Shop::open("once").await;
    shop.coupon("MEMBER20", json!({})).await;
    shop.coupon("OTHER20", json!({})).await;
    let tag = json!({"name": "tag", "steps": [{"id": "tag", "type": "add_tag", "tag": "x"}],
        "trigger": {"type": "coupon_redeemed", "filters": [{"field": "coupon_code", "operator": "is", "value": "MEMBER20"}]}});
    let once = shop.workflow(tag.clone()).await;
    let mut every_time = tag;
    every_time["re_entry"] = json!(true);
    let every_time = shop.workflow(every_time).await;
    let entries = async |workflow: &str, status: &str, count: usize| {
        eventually(&format!("{count} executions with the status {status}"), async || {
            let executions = shop.executions(workflow).await;
            (executions.iter().filter(|e| e["status"] == status).count() == count).then_some(executions.len())
        })
        .await
    };
    shop.redeem(&purchase_body("MEMBER20", "ord_1", "bo@once.example.com")).await.expect(201);
    entries(&every_time, "completed", 1).await;
    for (code, order) in [("OTHER20", "ord_2"), ("MEMBER20", "ord_3")] {
        shop.redeem(&purchase_body(code, order, "bo@once.example.com")).await.expect(201);
    }
    assert_eq!(entries(&every_time, "completed", 2).await, 2, "the other code starts no execution");
    entries(&once, "completed", 1).await;
    assert_eq!(entries(&once, "skipped", 1).await, 2);
}

fn completed(executions: Vec<Value>) -> Option<Value> {
    assert!(executions.len() <= 1, "{executions:#?}");
    executions.into_iter().find(|execution| execution["status"] == "completed")
}

fn steps(execution: &Value) -> Vec<String> {
    let steps = execution["steps"].as_array().unwrap();
    steps.iter().map(|step| format!("{} {}", text(&step["id"]), text(&step["status"]))).collect()
}
