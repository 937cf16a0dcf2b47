//! The pages of the console in a real browser.

use couponflow_tests::browser::Browser;
use couponflow_tests::shop::{Shop, eventually};
use serde_json::json;

use super::check::check;

#[tokio::test]
async fn person_signs_in_and_creates_a_coupon_from_the_form() {
    let shop = Shop::open("console-browser").await;
    let browser = Browser::start().await;
    browser.resize(1280, 900).await;
    browser.open(&shop.sign_in_link().await).await;
    browser.click("main button").await;
    assert!(browser.text().await.contains("Create a coupon, then apply its code"), "{}", browser.text().await);
    browser.click("main a[role=button]").await;

    browser.fill("#f-code", "MEMBER20").await;
    browser.fill("#f-percent_off", "120").await;
    browser.fill("#f-minimum_order_value", "20").await;
    browser.click("main form > button").await;
    let shown = browser.text().await;
    assert!(shown.contains("must be an amount with its currency"), "{shown}");
    browser.fill("#f-minimum_order_value", "20 USD").await;
    browser.click("main form > button").await;
    let shown = browser.text().await;
    assert!(shown.contains("2 faults"), "{shown}");
    assert_eq!(browser.run("return document.activeElement.className").await, "faults");
    for field in ["name", "percent_off"] {
        let invalid = format!("return document.querySelector('#f-{field}').getAttribute('aria-invalid')");
        assert_eq!(browser.run(&invalid).await, "true", "{field}");
    }
    assert_eq!(browser.run("return document.querySelector('#f-code').value").await, "MEMBER20", "values are kept");
    browser.fill("#f-name", "New member").await;
    browser.fill("#f-percent_off", "20").await;
    browser.fill("#f-max_redemptions", "100").await;
    browser.click("main form > button").await;
    assert!(browser.text().await.contains("The coupon was created."), "{}", browser.text().await);

    let listed = shop.get("/v1/coupons?code=MEMBER20").await;
    let coupon = &listed["data"][0];
    assert_eq!((&coupon["discount"]["percent_off"], &coupon["max_redemptions"]), (&json!(20), &json!(100)));
    assert_eq!(coupon["minimum_order_value"], json!([{"amount": 2000, "currency": "USD"}]));
    let id = coupon["id"].as_str().unwrap();

    let hostile = format!("<b>Ünïcode</b> “quoted” & مرحبا 🎉 {}", "W".repeat(100));
    let other = shop.coupon("HOSTILE", json!({"name": hostile, "code_type": "unique", "metadata": {"a": "<i>"}})).await;
    for page in [
        "home".to_owned(),
        "coupons".to_owned(),
        "coupons?status=paused".to_owned(),
        "coupons/new".to_owned(),
        format!("coupons/{id}"),
        format!("coupons/{id}/edit"),
        format!("coupons/{id}/delete"),
        format!("coupons/{id}/codes"),
        format!("coupons/{other}"),
        format!("coupons/{other}/edit"),
    ] {
        check(&browser, &shop, &page).await;
    }
    browser.close().await;
}

#[tokio::test]
async fn person_follows_a_redemption_from_the_workflow_to_its_rollback() {
    let shop = Shop::open("console-redemption").await;
    shop.coupon("MEMBER20", json!({"max_redemptions": 100})).await;
    let browser = Browser::start().await;
    browser.resize(1280, 900).await;
    browser.open(&shop.sign_in_link().await).await;
    browser.click("main button").await;
    browser.open(&shop.console("workflows/new")).await;
    browser.press("main", "Edit as JSON").await;
    browser.fill("#f-json", "{").await;
    browser.press("panel", "Apply").await;
    assert!(browser.text().await.contains("This is not valid JSON"), "{}", browser.text().await);
    let document = json!({"name": "Welcome", "trigger": {"type": "coupon_redeemed"}, "steps": [
        {"id": "tag", "type": "add_tag", "tag": "Member20-Used"}]});
    browser.fill("#f-json", &document.to_string()).await;
    browser.press("panel", "Apply").await;
    browser.press("main", "Create workflow").await;
    assert!(browser.text().await.contains("The workflow was created."), "{}", browser.text().await);
    browser.click("form[action$=publish] button").await;
    assert!(browser.text().await.contains("The version was published."), "{}", browser.text().await);

    let line = json!({"product_id": "prod_plan", "quantity": 1, "unit_amount": 4900});
    let customer = json!({"email": "dana@console.example.com", "first_name": "Dana"});
    // Executions start for events that are at least 2 seconds younger than the publication, so the first order may be
    // too early.
    let mut orders = 0;
    let executed = eventually("an execution", async || {
        orders += 1;
        let order = json!({"id": format!("order <{orders}>"), "currency": "USD", "lines": [line]});
        let redeem = json!({"code": "MEMBER20", "customer": customer, "order": order});
        shop.redeem(&redeem).await;
        let listed = shop.get("/v1/executions?status=completed").await;
        listed["data"][0]["id"].as_str().map(str::to_owned)
    });
    let execution = executed.await;
    let listed = eventually("the redemption is listed", async || {
        let listed = shop.get("/v1/redemptions").await;
        listed["data"][0]["id"].as_str().map(|id| (id.to_owned(), listed.clone()))
    });
    let (redemption, _) = listed.await;
    let workflow = shop.get("/v1/workflows").await["data"][0]["id"].as_str().unwrap().to_owned();
    let contact = shop.get("/v1/contacts").await["data"][0]["id"].as_str().unwrap().to_owned();
    for page in [
        "home".to_owned(),
        "redemptions".to_owned(),
        "redemptions?customer_email=no-address".to_owned(),
        format!("redemptions/{redemption}"),
        format!("redemptions/{redemption}/rollback"),
        "workflows".to_owned(),
        format!("workflows/{workflow}"),
        format!("workflows/{workflow}/edit"),
        "workflows/new".to_owned(),
        format!("workflows/{workflow}/delete"),
        format!("workflows/{workflow}/try"),
        "executions".to_owned(),
        format!("executions/{execution}"),
        "events".to_owned(),
        "contacts".to_owned(),
        format!("contacts/{contact}"),
        format!("contacts/{contact}/erase"),
        "keys".to_owned(),
        "keys/key_1/revoke".to_owned(),
        "audit".to_owned(),
        "coupons/test".to_owned(),
        "coupons/test?codes=MEMBER20&price=49+USD".to_owned(),
    ] {
        check(&browser, &shop, &page).await;
    }
    browser.resize(1280, 900).await;
    browser.open(&shop.console(&format!("redemptions/{redemption}"))).await;
    browser.click("main a[role=button]").await;
    browser.click("main form .danger").await;
    let shown = browser.text().await;
    assert!(shown.contains("The redemption was rolled back.") && shown.contains("order <"), "{shown}");
    assert_eq!(shop.get(&format!("/v1/redemptions/{redemption}")).await["status"], "rolled_back");
    browser.close().await;
}

#[tokio::test]
async fn codes_are_generated_and_the_page_of_the_job_updates_itself() {
    let shop = Shop::open("console-codes").await;
    let coupon = shop.coupon("VIPS", json!({"code_type": "unique"})).await;
    let browser = Browser::start().await;
    browser.open(&shop.sign_in_link().await).await;
    browser.click("main button").await;
    browser.open(&shop.console(&format!("coupons/{coupon}/codes"))).await;
    browser.fill("#f-count", "25").await;
    browser.fill("#f-prefix", "VIP").await;
    browser.click("section[aria-labelledby=t-generate] button").await;
    eventually("the job is completed", async || browser.text().await.contains("25 of 25 codes").then_some(())).await;
    let job = browser.driver.current_url().await.unwrap().path().rsplit('/').next().unwrap().to_owned();
    // A form that is sent twice starts one job.
    browser.open(&shop.console(&format!("coupons/{coupon}/codes"))).await;
    browser.fill("#f-count", "5").await;
    let twice = "const form = document.querySelector('section[aria-labelledby=t-generate] form'); \
                 const send = () => fetch(location, {method: 'POST', body: new URLSearchParams(new FormData(form))}); \
                 return send().then(first => send().then(second => [first.url, second.url]))";
    let jobs = browser.run(twice).await;
    assert!(jobs[0] == jobs[1] && jobs[0].as_str().is_some_and(|url| url.contains("/jobs/")), "{jobs}");
    let codes = format!("/v1/coupons/{coupon}/codes?limit=100");
    let count = async || shop.get(&codes).await["data"].as_array().map(Vec::len);
    eventually("the codes of both forms", async || count().await.filter(|count| *count == 30)).await;
    check(&browser, &shop, &format!("coupons/{coupon}/jobs/{job}")).await;
    check(&browser, &shop, &format!("coupons/{coupon}/codes")).await;
    assert_eq!(count().await, Some(30));
    browser.close().await;
}
