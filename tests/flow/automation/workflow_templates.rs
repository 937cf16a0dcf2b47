//! The workflow templates of the product, from their parameters to the mail that they send.

use chrono::{SecondsFormat, TimeDelta, Utc};
use couponflow_tests::fixtures::purchase_body;
use couponflow_tests::shop::{Shop, eventually, text};
use serde_json::{Value, json};

/// Creates and publishes the workflows of a template. Returns their ids in the template's order.
async fn published(shop: &Shop, template: &str, parameters: Value) -> Vec<String> {
    let made =
        shop.post(&format!("/v1/workflow-templates/{template}"), json!({"parameters": parameters})).await.expect(201);
    let ids: Vec<String> = made["data"].as_array().unwrap().iter().map(|workflow| text(&workflow["id"])).collect();
    for id in &ids {
        shop.post(&format!("/v1/workflows/{id}/publish"), json!({})).await.expect(200);
    }
    ids
}

fn steps(execution: &Value) -> Vec<String> {
    let steps = execution["steps"].as_array().unwrap();
    steps.iter().map(|step| format!("{} {}", text(&step["id"]), text(&step["status"]))).collect()
}

async fn completed(shop: &Shop, workflow: &str) -> Value {
    eventually("the execution to be completed", async || {
        shop.executions(workflow).await.into_iter().find(|execution| execution["status"] == "completed")
    })
    .await
}

async fn contact(shop: &Shop, email: &str) -> Value {
    shop.get(&format!("/v1/contacts?email={email}")).await["data"][0].clone()
}

#[tokio::test]
async fn flash20_sends_a_reminder_and_a_bonus_for_an_abandoned_cart() {
    let shop = Shop::open("flash20-template").await;
    shop.coupon("FLASH20", json!({})).await;
    let parameters = json!({"code": "FLASH20", "reminder_after": "PT5S", "bonus_within": "PT5M"});
    let workflow = published(&shop, "flash20-abandoned-cart", parameters).await.remove(0);
    let (ana, bo) = ("ana@flash20-template.example.com", "bo@flash20-template.example.com");
    for (order, email) in [("ord_1", ana), ("ord_2", bo)] {
        shop.apply(&purchase_body("FLASH20", order, email)).await.expect(200);
    }
    shop.redeem(&purchase_body("FLASH20", "ord_2", bo)).await.expect(201);

    let mail = eventually("the offer", async || Some(shop.mail_to(ana).await).filter(|mail| mail.len() == 2)).await;
    assert_eq!(mail[0]["Subject"], "Ana, your FLASH20 is still waiting");
    assert!(text(&mail[0]["BodyHtml"]).contains("$39.20"), "{}", mail[0]);
    assert_eq!(contact(&shop, ana).await["lists"], json!(["retargeting"]));
    let offer = text(&mail[1]["BodyHtml"]);
    let code = offer.split("<b>").nth(1).and_then(|rest| rest.split("</b>").next()).unwrap();
    assert!(code.starts_with("BONUS"), "{offer}");
    let stranger = shop.redeem(&purchase_body(code, "ord_3", "eve@flash20-template.example.com")).await;
    assert_eq!(
        (stranger.status, &stranger.body["code"]),
        (404, &json!("coupon_not_found")),
        "the bonus is for Ana only"
    );
    shop.redeem(&purchase_body(code, "ord_1", ana)).await.expect(201);
    eventually("Ana to leave the list", async || {
        let ana = contact(&shop, ana).await;
        (ana["lists"] == json!([]) && ana["tags"] == json!(["Came-Back"])).then_some(())
    })
    .await;
    assert!(shop.mail_to(bo).await.is_empty(), "a contact who redeems in time gets no mail");
    assert_eq!(shop.executions(&workflow).await.len(), 2, "redeeming the bonus starts no execution");
}

#[tokio::test]
async fn vip50_tags_notifies_sales_and_starts_the_loyalty_workflow() {
    let shop = Shop::open("vip50").await;
    shop.coupon("VIP50", json!({})).await;
    shop.confirm("sales@vip50.example.com").await;
    let parameters = json!({"code": "VIP50", "sales_email": "sales@vip50.example.com", "upsell_after": "PT1S"});
    let ids = published(&shop, "vip50-high-value", parameters).await;
    let ana = "ana@vip50.example.com";
    shop.redeem(&purchase_body("VIP50", "ord_1", ana)).await.expect(201);
    assert_eq!(steps(&completed(&shop, &ids[1]).await), ["tag completed", "sales completed", "loyalty completed"]);
    completed(&shop, &ids[0]).await;
    assert_eq!(contact(&shop, ana).await["tags"], json!(["High-Value"]));
    assert_eq!(shop.mail_to("sales@vip50.example.com").await.len(), 1);
    let subjects: Vec<Value> = shop.mail_to(ana).await.iter().map(|mail| mail["Subject"].clone()).collect();
    assert_eq!(subjects, ["Thank you, Ana", "Something for you alone"]);
}

#[tokio::test]
async fn beta50_is_deactivated_and_replaced_by_its_backup() {
    let shop = Shop::open("beta50-template").await;
    let backup = shop.coupon("BETA25", json!({})).await;
    shop.post(&format!("/v1/coupons/{backup}/pause"), json!({})).await.expect(200);
    let terms = json!({"max_redemptions": 2, "backup_coupon_id": backup, "offer_backup": true});
    let coupon = shop.coupon("BETA50", terms).await;
    let marketing = "marketing@beta50-template.example.com";
    shop.confirm(marketing).await;
    let workflow =
        published(&shop, "beta50-limit-reached", json!({"code": "BETA50", "marketing_email": marketing})).await;
    for i in 0..2 {
        shop.redeem(&purchase_body("BETA50", &format!("ord_{i}"), &format!("c{i}@example.com"))).await.expect(201);
    }
    let done = completed(&shop, &workflow[0]).await;
    assert_eq!(steps(&done), ["deactivate completed", "replace completed", "marketing completed"]);
    assert_eq!(shop.get(&format!("/v1/coupons/{coupon}")).await["status"], "paused");
    let mail = shop.mail_to(marketing).await;
    assert_eq!(mail[0]["BodyText"], "All 2 redemptions of BETA50 are taken. BETA25 takes its place.");
    let late = shop.apply(&purchase_body("BETA50", "ord_9", "late@example.com")).await;
    assert_eq!(
        (late.status, &late.body["code"], &late.body["backup_code"]),
        (409, &json!("limit_reached"), &json!("BETA25"))
    );
    let paused = shop.coupon("PLAIN", json!({"backup_coupon_id": backup, "max_redemptions": 1})).await;
    shop.redeem(&purchase_body("PLAIN", "ord_1", "x@example.com")).await.expect(201);
    let plain = shop.apply(&purchase_body("PLAIN", "ord_2", "late@example.com")).await;
    assert_eq!((&plain.body["code"], &plain.body["backup_code"]), (&json!("limit_reached"), &Value::Null), "{paused}");
}

#[tokio::test]
async fn earlybird25_sends_a_last_chance_to_contacts_who_missed_it() {
    let shop = Shop::open("earlybird25").await;
    let expires_at = (Utc::now() + TimeDelta::seconds(20)).to_rfc3339_opts(SecondsFormat::Millis, true);
    shop.coupon("EARLYBIRD25", json!({"expires_at": expires_at})).await;
    let team = "team@earlybird25.example.com";
    shop.confirm(team).await;
    let workflow = published(&shop, "earlybird25-expired", json!({"code": "EARLYBIRD25", "team_email": team})).await;
    let (ana, bo, cy) = ("ana@earlybird25.example.com", "bo@earlybird25.example.com", "cy@earlybird25.example.com");
    for (order, email) in [("ord_1", ana), ("ord_2", bo), ("ord_3", cy)] {
        shop.apply(&purchase_body("EARLYBIRD25", order, email)).await.expect(200);
    }
    shop.redeem(&purchase_body("EARLYBIRD25", "ord_2", bo)).await.expect(201);
    let mails = eventually("the mails with a last chance", async || {
        let mails = [shop.mail_to(ana).await, shop.mail_to(cy).await];
        (mails[0].len() == 1 && mails[1].len() == 1).then_some(mails)
    })
    .await;
    assert_eq!(mails[0][0]["Subject"], "EARLYBIRD25 is over. One last chance");
    assert!(text(&mails[0][0]["BodyHtml"]).contains("<b>LAST"), "{}", mails[0][0]);
    assert_ne!(mails[0][0]["BodyHtml"], mails[1][0]["BodyHtml"], "each contact gets their own code");
    assert!(shop.mail_to(bo).await.is_empty(), "Bo redeemed and gets no offer");
    assert_eq!(contact(&shop, ana).await["tags"], json!(["Missed-EARLYBIRD25"]));
    assert_eq!(shop.mail_to(team).await.len(), 1);
    eventually("all executions to be completed", async || {
        let executions = shop.executions(&workflow[0]).await;
        (executions.iter().filter(|execution| execution["status"] == "completed").count() == 3).then_some(())
    })
    .await;
}

#[tokio::test]
async fn member20_welcomes_and_starts_the_upsell_sequence() {
    let shop = Shop::open("member20-template").await;
    shop.coupon("MEMBER20", json!({})).await;
    let admin = "admin@member20-template.example.com";
    shop.confirm(admin).await;
    let parameters = json!({"code": "MEMBER20", "admin_email": admin, "upsell_after": "PT1S"});
    let ids = published(&shop, "member20-welcome", parameters).await;
    let ana = "ana@member20-template.example.com";
    shop.redeem(&purchase_body("member20", "ord_1", ana)).await.expect(201);
    let welcome = completed(&shop, &ids[1]).await;
    assert_eq!(steps(&welcome), ["tag completed", "welcome completed", "tell completed", "upsell completed"]);
    assert_eq!(welcome["steps"][1]["input"]["subject"], "Welcome, Ana");
    assert_eq!(welcome["steps"][1]["attempts"][0]["outcome"], "completed");
    completed(&shop, &ids[0]).await;
    let subjects: Vec<Value> = shop.mail_to(ana).await.iter().map(|mail| mail["Subject"].clone()).collect();
    assert_eq!(subjects, ["Welcome, Ana", "More for members, Ana", "Still thinking it over?"]);
    let told = shop.mail_to(admin).await;
    assert_eq!(told[0]["BodyText"], "Redemption 1: order ord_1, $39.20 after $9.80 off.");
}
