//! Quotas of a tenant over HTTP. Operators set them by invoking a function directly.

use couponflow_tests::shop::{ApiResponse, Shop, eventually, text};
use reqwest::Method;
use serde_json::{Value, json};

/// Sets the quotas of the shop. The functions use them within 30 s, or at once if they have not read the shop's settings.
async fn set_quotas(shop: &Shop, quotas: Value) {
    let command = json!({"configure_tenant": {"tenant_id": shop.tenant, "quotas": quotas}});
    let (settings, failed) = shop.invoke("api", &command).await;
    assert!(!failed, "{settings}");
    for (name, quota) in quotas.as_object().expect("quotas") {
        assert_eq!(settings["quotas"][name], *quota, "{settings}");
    }
}

/// Asserts that a request was rejected because of a quota, and that the problem names the quota and what to do.
fn assert_exceeded(response: ApiResponse, quota: &str, limit: &str, remedy: &str) {
    assert_eq!(response.content_type, "application/problem+json");
    let problem = response.expect(409);
    assert_eq!(problem["code"], "quota_exceeded", "{problem:#}");
    let detail = text(&problem["detail"]);
    for part in [limit, remedy, "ask the operator of the service for a higher quota", &format!("({quota})")] {
        assert!(detail.contains(part), "{part}: {detail}");
    }
}

fn workflow(name_of_coupon: &str) -> Value {
    let filter = json!({"field": "coupon_name", "operator": "is", "value": name_of_coupon});
    json!({"name": "Quota", "trigger": {"type": "coupon_expired", "filters": filter},
        "steps": [{"id": "wait", "type": "wait", "for": "PT1H"}]})
}

async fn draft(shop: &Shop, name_of_coupon: &str) -> String {
    format!("/v1/workflows/{}", text(&shop.post("/v1/workflows", workflow(name_of_coupon)).await.expect(201)["id"]))
}

async fn publish(shop: &Shop, path: &str) -> ApiResponse {
    shop.post(&format!("{path}/publish"), json!({})).await
}

#[tokio::test]
async fn publishing_beyond_a_quota_names_the_quota_and_the_remedies_work() {
    let shop = Shop::open("quotas-workflows").await;
    set_quotas(&shop, json!({"published_workflows": 1, "published_filter_bytes": 150})).await;
    let (first, second) = (draft(&shop, "First").await, draft(&shop, &"x".repeat(150)).await);

    assert_exceeded(publish(&shop, &second).await, "published_filter_bytes", "150 bytes", "Shorten the filters");
    let shorter = shop.request(Method::PUT, &second).header("if-match", "*").json(&workflow("Second"));
    assert_eq!(shorter.send().await.unwrap().status().as_u16(), 200);
    publish(&shop, &second).await.expect(200);

    let rejected = publish(&shop, &first).await;
    assert_exceeded(rejected, "published_workflows", "1 published workflows", "Pause or delete a published workflow");
    shop.post(&format!("{second}/pause"), json!({})).await.expect(200);
    publish(&shop, &first).await.expect(200);

    assert_exceeded(publish(&shop, &second).await, "published_workflows", "1 published workflows", "Pause or delete");
    set_quotas(&shop, json!({"published_workflows": 2})).await;
    let published = eventually("the higher quota", async || {
        let response = publish(&shop, &second).await;
        (response.status == 200).then_some(response.body)
    })
    .await;
    assert_eq!(published["status"], "published", "{published:#}");
}

#[tokio::test]
async fn starting_a_job_beyond_the_quota_names_the_quota_and_starts_nothing() {
    let shop = Shop::open("quotas-jobs").await;
    set_quotas(&shop, json!({"running_jobs": 0})).await;
    let coupon = shop.coupon("BATCH", json!({"code_type": "unique"})).await;
    let path = format!("/v1/coupons/{coupon}/codes");
    let generate = json!({"count": 1});
    assert_exceeded(shop.post(&path, generate.clone()).await, "running_jobs", "0 jobs", "Wait until a job has ended");
    let import = shop.request(Method::POST, &path).header("content-type", "text/csv").body("code\r\nQUOTA1\r\n");
    let import = import.send().await.unwrap();
    assert_eq!(import.status().as_u16(), 409);
    assert_eq!(import.json::<Value>().await.unwrap()["code"], "quota_exceeded");
    assert_eq!(shop.get(&path).await["data"], json!([]), "no code was issued");

    set_quotas(&shop, json!({"running_jobs": 1})).await;
    let job = eventually("the higher quota", async || {
        let response = shop.post(&path, generate.clone()).await;
        (response.status == 202).then_some(response.body)
    })
    .await;
    let job = format!("/v1/jobs/{}", text(&job["id"]));
    let ended =
        eventually("the job to end", async || Some(shop.get(&job).await).filter(|job| job["status"] != "running"))
            .await;
    assert_eq!((&ended["status"], &ended["done"]), (&json!("completed"), &json!(1)), "{ended:#}");
}
