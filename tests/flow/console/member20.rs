//! The coupon MEMBER20 with its workflow, made in a browser by clicks alone.

use couponflow_tests::browser::Browser;
use couponflow_tests::shop::{Shop, eventually, text};
use serde_json::json;

use super::check::{check, check_shown};

const ADMIN: &str = "admin@console-member20.example.com";
const MEMBER: &str = "ana@console-member20.example.com";

/// Adds a step of a type at the end of the workflow.
async fn add_step(browser: &Browser, kind: &str) {
    browser.press("main", "Add a step at the end of the workflow").await;
    browser.press("panel", kind).await;
}

#[tokio::test]
async fn member20_is_created_published_and_followed_in_the_browser() {
    let shop = Shop::open("console-member20").await;
    shop.confirm(ADMIN).await;
    let upsell = json!({"name": "Upsell", "trigger": {"type": "manual"}, "steps": [
        {"id": "interested", "type": "add_tag", "tag": "Upsell"}]});
    let upsell = shop.workflow(upsell).await;
    let browser = Browser::start().await;
    browser.resize(1280, 900).await;
    browser.open(&shop.sign_in_link().await).await;
    browser.press("main", "Sign in").await;

    browser.press("main", "New coupon").await;
    browser.fill("#f-code", "MEMBER20").await;
    browser.fill("#f-name", "New member").await;
    browser.fill("#f-percent_off", "20").await;
    browser.fill("#f-max_redemptions", "100").await;
    browser.press("main", "Create coupon").await;
    assert!(browser.text().await.contains("The coupon was created."), "{}", browser.text().await);

    browser.click("nav a[href$=workflows]").await;
    browser.press("main", "New workflow").await;
    check_shown(&browser, "editor-1-empty").await;
    browser.fill("#f-name", "Welcome a new member").await;
    browser.press("panel", "Apply").await;
    browser.press("trigger", "Choose the trigger").await;
    check_shown(&browser, "editor-2-trigger").await;
    browser.choose("#f-trigger", "coupon_redeemed").await;
    browser.press("panel", "Apply").await;
    browser.press("trigger", "Add condition").await;
    browser.choose("#f-field", "coupon_code").await;
    browser.press("panel", "Next").await;
    browser.choose("#f-operator", "is").await;
    browser.fill("#f-value", "MEMBER20").await;
    check_shown(&browser, "editor-3-condition").await;
    browser.press("panel", "Apply").await;

    browser.press("main", "Add a step at the end of the workflow").await;
    check_shown(&browser, "editor-4-types").await;
    browser.press("panel", "Add tag").await;
    browser.fill("#f-tag", "Member20-Used").await;
    browser.press("panel", "Apply").await;
    add_step(&browser, "Send email").await;
    browser.fill("#f-subject", "Welcome, {{customer.first_name|default('friend')}}").await;
    browser
        .fill("#f-text", "{{coupon.code}} saved you {{order.discount|money}}. Unsubscribe: {{unsubscribe_url}}")
        .await;
    browser.press("panel", "Preview").await;
    assert!(browser.text().await.contains("Preview for a sample event"), "{}", browser.text().await);
    browser.click("#panel details > summary").await;
    check_shown(&browser, "editor-5-mail").await;
    browser.press("panel", "Apply").await;
    add_step(&browser, "Notify").await;
    browser.fill("#f-to", ADMIN).await;
    browser.fill("#f-subject", "New member").await;
    browser.fill("#f-text", "Order {{order.id}} used {{coupon.code}}.").await;
    browser.press("panel", "Apply").await;
    add_step(&browser, "Start workflow").await;
    browser.choose("#f-workflow_id", &upsell).await;
    browser.press("panel", "Apply").await;
    check_shown(&browser, "editor-6-complete").await;
    browser.press("main", "Create workflow").await;
    assert!(browser.text().await.contains("The workflow was created."), "{}", browser.text().await);
    let workflow = browser.driver.current_url().await.unwrap().path().rsplit('/').next().unwrap().to_owned();
    browser.press("main", "Publish").await;
    assert!(browser.text().await.contains("The version was published."), "{}", browser.text().await);
    check(&browser, &shop, &format!("workflows/{workflow}")).await;

    // Executions start for events that are at least 2 seconds younger than the publication, so the first order may be
    // too early.
    let line = json!({"product_id": "prod_plan", "quantity": 1, "unit_amount": 4900});
    let customer = json!({"email": MEMBER, "first_name": "Ana"});
    let mut orders = 0;
    let executed = eventually("an execution", async || {
        orders += 1;
        let order = json!({"id": format!("ord_{orders}"), "currency": "USD", "lines": [line]});
        shop.redeem(&json!({"code": "MEMBER20", "customer": customer, "order": order})).await;
        // A contact runs through the workflow once, so executions for later orders are skipped.
        let executions = shop.executions(&workflow).await.into_iter();
        executions.filter(|one| one["status"] == "completed").map(|one| text(&one["id"])).next()
    });
    let executed = executed.await;
    browser.click("nav a[href$=executions]").await;
    browser.click(&format!("main tbody a[href$={executed}]")).await;
    check_shown(&browser, "execution-of-member20").await;
    let timeline = browser.text().await;
    for step in ["Add tag", "Send email", "Notify", "Start workflow"] {
        assert!(timeline.contains(step), "{step} is in {timeline}");
    }
    let mail = eventually("the mail", async || shop.mail_to(MEMBER).await.into_iter().next()).await;
    assert_eq!(mail["Subject"], "Welcome, Ana");
    let notice = eventually("the notice", async || shop.mail_to(ADMIN).await.into_iter().next()).await;
    assert_eq!(notice["Subject"], "New member");
    eventually("the upsell", async || Some(shop.executions(&upsell).await).filter(|found| !found.is_empty())).await;
    browser.close().await;
}
