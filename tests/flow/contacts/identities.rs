//! One customer under several e-mail addresses: an order that is applied with one address and
//! redeemed with another, and different spellings of the domain of one address.

use couponflow_tests::fixtures::purchase_body;
use couponflow_tests::shop::{Shop, eventually, text};
use serde_json::{Value, json};

fn purchase(order: &str, customer: Value) -> Value {
    let mut body = purchase_body("FLASH20", order, "nobody@example.com");
    body["customer"] = customer;
    body
}

/// Returns the only execution of a workflow, or `None` if the workflow has not started.
async fn execution(shop: &Shop, workflow: &str) -> Option<Value> {
    let mut executions = shop.executions(workflow).await;
    assert!(executions.len() <= 1, "{executions:#?}");
    executions.pop()
}

#[tokio::test]
async fn an_order_paid_from_another_address_gets_no_reminder() {
    let shop = Shop::open("identities").await;
    let coupon = shop.coupon("FLASH20", json!({})).await;
    let (account, billing) = ("account@identities.example.com", "billing@identities.example.com");
    let mail =
        |id: &str| json!({"id": id, "type": "send_email", "to_unverified": true, "subject": id, "text": "Come back"});
    let waits = json!({"name": "waits", "trigger": {"type": "coupon_applied"}, "steps": [
        {"id": "paid", "type": "wait_for_event", "event": "coupon_redeemed", "timeout": "PT1H",
         "then": [mail("thanks")], "on_timeout": [mail("reminder")]}]});
    let waits = shop.workflow(waits).await;
    let stops = json!({"name": "stops", "trigger": {"type": "coupon_applied"}, "stop_on_redemption": true,
        "steps": [{"id": "pause", "type": "wait", "for": "PT1H"}, mail("nagging")]});
    let stops = shop.workflow(stops).await;
    let everybody = json!({"name": "everybody", "trigger": {"type": "coupon_redeemed"}, "steps": [
        {"id": "pause", "type": "wait", "for": "PT1S"},
        {"id": "each", "type": "for_each_contact", "audience": {"type": "applied_not_redeemed"},
         "steps": [mail("last_chance")]}]});
    let everybody = shop.workflow(everybody).await;

    shop.apply(&purchase("ord_1", json!({"email": account, "id": "X"}))).await.expect(200);
    for workflow in [&waits, &stops] {
        let is_waiting = |execution: &Value| execution["status"] == "waiting";
        eventually("the executions to wait", async || execution(&shop, workflow).await.filter(is_waiting)).await;
    }
    shop.redeem(&purchase("ord_1", json!({"email": billing, "id": "X"}))).await.expect(201);
    let is_over = |execution: &Value| !matches!(execution["status"].as_str(), Some("waiting" | "running"));
    let ended = async |workflow: &str| {
        eventually("the executions to end", async || execution(&shop, workflow).await.filter(is_over)).await
    };
    let waited = ended(&waits).await;
    assert_eq!((&waited["status"], &waited["steps"][1]["id"]), (&json!("completed"), &json!("thanks")), "{waited:#}");
    assert_eq!(ended(&stops).await["status"], "cancelled");
    let addressed = ended(&everybody).await;
    assert_eq!(
        addressed["steps"][1]["output"]["contacts"], 0,
        "no contact has applied without redeeming: {addressed:#}"
    );
    let mails = shop.mail_to(account).await;
    let subjects: Vec<&Value> = mails.iter().map(|mail| &mail["Subject"]).collect();
    assert_eq!(subjects, ["thanks"]);
    let is_verified = |events: &[Value]| events[0]["detail"]["data"]["customer"]["verified"].clone();
    let redeemed = shop.events(&coupon, "CouponRedeemed").await;
    assert_eq!((redeemed.len(), is_verified(&redeemed)), (1, json!(true)), "the server named the customer");
    let applied = shop.events(&coupon, "CouponApplied").await;
    assert_eq!(is_verified(&applied), json!(false), "a browser named the customer");
}

#[tokio::test]
async fn all_spellings_of_a_domain_are_one_customer_and_one_contact() {
    let shop = Shop::open("identities-domains").await;
    let (unicode, decomposed) = ("ana@m\u{fc}nchen.example", "ana@mu\u{308}nchen.example");
    let ascii = "ana@xn--mnchen-3ya.example";
    shop.coupon("FLASH20", json!({"max_redemptions_per_customer": 1})).await;
    let made =
        shop.post("/v1/contacts", json!({"email": unicode, "consent": {"email": "withdrawn"}})).await.expect(201);
    assert_eq!(made["email"], unicode, "the address is shown as it was given");
    let again = shop.post("/v1/contacts", json!({"email": ascii})).await.expect(409);
    assert_eq!(again["existing_id"], made["id"]);

    shop.redeem(&purchase("ord_1", json!({"email": decomposed}))).await.expect(201);
    for email in [unicode, ascii, decomposed] {
        let refused = shop.redeem(&purchase("ord_2", json!({"email": email}))).await.expect(409);
        assert_eq!(refused["code"], "customer_limit_reached", "{email}");
        let found = shop.get(&format!("/v1/contacts?email={email}")).await;
        assert_eq!((&found["data"][0]["id"], &found["data"][1]), (&made["id"], &Value::Null), "{email}");
        assert_eq!(found["data"][0]["consent"]["email"], "withdrawn", "{email}");
    }
    let listed = eventually("the redemption to be listed", async || {
        let page = shop.get(&format!("/v1/redemptions?customer_email={ascii}")).await;
        page["data"].get(0).cloned()
    })
    .await;
    assert_eq!(text(&listed["order_id"]), "ord_1");
}
