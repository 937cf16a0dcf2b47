use std::fs;
use std::process::Output;
use std::time::Duration;

use couponflow_local::{Toolset, install_tools};
use couponflow_tests::given::purchase_body;
use couponflow_tests::repository;
use couponflow_tests::shop::{Shop, eventually, text};
use serde_json::{Value, json};
use tokio::process::Command;

/// How long a run may take on a busy machine; on an idle one of two cores it takes a minute and a half.
const PATIENCE: Duration = Duration::from_secs(900);

/// The example of the document with this name of what an operation takes.
fn example(document: &Value, path: &str, name: &str) -> Value {
    document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["examples"][name]["value"].clone()
}

#[tokio::test]
async fn the_examples_of_the_served_document_work() {
    let shop = Shop::open("openapi-examples").await;
    let document = shop.get("/openapi.json").await;
    assert_eq!(document, repository::json("shared/http/openapi.json"));
    let example = |path: &str, name: &str| example(&document, path, name);
    shop.post("/v1/coupons", example("/v1/coupons", "flash_sale")).await.expect(201);
    let applied = shop.post("/v1/apply", example("/v1/apply", "hold_for_15_minutes")).await.expect(200);
    let mut by_application = example("/v1/redeem", "by_application");
    by_application["application_id"] = applied["id"].clone();
    let redeemed = shop.post("/v1/redeem", by_application).await.expect(201);
    let again = shop.post("/v1/redeem", example("/v1/redeem", "by_code")).await.expect(201);
    assert_eq!(again, redeemed, "one order, one redemption");
    let path = "/v1/redemptions/{id}/rollback";
    let rollback = path.replace("{id}", &text(&redeemed["id"]));
    shop.post(&rollback, example(path, "refund")).await.expect(200);
    shop.post("/v1/workflows", example("/v1/workflows", "beta_is_full")).await.expect(201);
}

#[tokio::test]
async fn schemathesis_finds_the_api_to_be_what_the_document_says() {
    let (shop, other) = (Shop::open("openapi").await, Shop::open("openapi-other").await);
    shop.coupon("OPEN20", json!({})).await;
    let workflow = json!({"name": "Tags", "trigger": {"type": "coupon_redeemed"},
        "steps": [{"id": "tag", "type": "add_tag", "tag": "customer"}]});
    let workflow = shop.workflow(workflow).await;
    shop.redeem(&purchase_body("OPEN20", "ord_1", "ana@example.com")).await.expect(201);
    eventually("an execution to read", async || shop.executions(&workflow).await.pop()).await;

    let run = schemathesis(&shop, &other).await;
    assert!(run.status.success(), "{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
}

/// Runs every phase with every check against the shop's stack, with its admin key and that of another tenant.
async fn schemathesis(shop: &Shop, other: &Shop) -> Output {
    let tools = install_tools(Toolset::Schemathesis).await.expect("schemathesis can be installed");
    let files = repository::root().join("tests/flow/openapi");
    let scratch = repository::root().join("target/schemathesis");
    fs::create_dir_all(&scratch).expect("a directory to work in");
    let key = |name: &str, key: &str| json!({"name": name, "fixedHeaders": [{"name": "Authorization", "value": format!("Bearer {key}")}]});
    let keys = json!({"auth": [key("tenant", &shop.keys.admin), key("another tenant", &other.keys.admin)]});
    fs::write(scratch.join("keys.json"), keys.to_string()).expect("keys can be written");

    let mut command = Command::new(tools.join("bin/schemathesis"));
    command
        .arg("--config-file")
        .arg(files.join("schemathesis.toml"))
        .arg("run")
        .arg(format!("{}/openapi.json", shop.stack.api_url))
        .args(["--url", &shop.stack.api_url, "--checks", "all", "--phases", "examples,coverage,fuzzing,stateful"])
        .arg("--no-color")
        .env("COUPONFLOW_KEYS", scratch.join("keys.json"))
        .env("PYTHONPATH", &files)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(&scratch)
        .kill_on_drop(true);
    let run = tokio::time::timeout(PATIENCE, command.output()).await;
    run.expect("schemathesis ends in time").expect("schemathesis can be started")
}
