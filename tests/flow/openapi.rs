//! The API agrees with its OpenAPI document. The examples work. The tool schemathesis generates
//! requests from the document and finds no difference.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use couponflow_local::{Toolset, install_tools};
use couponflow_tests::fixtures::purchase_body;
use couponflow_tests::repository;
use couponflow_tests::shop::{Shop, eventually, text};
use serde_json::{Value, json};
use tokio::process::Command;

/// Maximum duration of a schemathesis run on a busy machine. On two idle cores, a run takes 90 s.
const PATIENCE: Duration = Duration::from_secs(900);

/// Returns a named example of the request body of a POST operation.
fn example(document: &Value, path: &str, name: &str) -> Value {
    document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["examples"][name]["value"].clone()
}

#[tokio::test]
async fn the_examples_of_the_served_openapi_document_work() {
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
    assert_eq!(again, redeemed, "a repeated redeem of an order returns its redemption");
    let path = "/v1/redemptions/{id}/rollback";
    let rollback = path.replace("{id}", &text(&redeemed["id"]));
    shop.post(&rollback, example(path, "refund")).await.expect(200);
    shop.post("/v1/workflows", example("/v1/workflows", "beta_is_full")).await.expect(201);
}

#[tokio::test]
async fn schemathesis_finds_no_difference_between_api_and_openapi_document() {
    let shop = Shop::open("openapi").await;
    shop.coupon("OPEN20", json!({})).await;
    let workflow = json!({"name": "Tags", "trigger": {"type": "coupon_redeemed"},
        "steps": [{"id": "tag", "type": "add_tag", "tag": "customer"}]});
    let workflow = shop.workflow(workflow).await;
    shop.redeem(&purchase_body("OPEN20", "ord_1", "ana@example.com")).await.expect(201);
    eventually("an execution to read", async || shop.executions(&workflow).await.pop()).await;

    let document = format!("{}/openapi.json", shop.stack.api_url);
    let (agrees, report) = schemathesis(&shop, &document, &["--phases", "examples,coverage,fuzzing,stateful"]).await;
    assert!(agrees, "{report}");
}

#[tokio::test]
async fn schemathesis_detects_differences_from_a_wrong_openapi_document() {
    let shop = Shop::open("openapi-otherwise").await;
    shop.coupon("OPEN20", json!({})).await;
    let mut document = repository::json("shared/http/openapi.json");
    let schemas = &mut document["components"]["schemas"];
    schemas["LineInput"]["properties"]["quantity"]["maximum"] = json!(1000);
    schemas["CouponInput"]["properties"]["name"]["maxLength"] = json!(201);
    schemas["OwnApplication"]["properties"]["total"] = json!({"type": "integer"});
    let path = scratch(&shop).join("otherwise.json");
    fs::write(&path, document.to_string()).expect("the document can be written");

    let operations = ["--phases", "coverage", "--include-path", "/v1/apply", "--include-path", "/v1/coupons"];
    let (agrees, report) = schemathesis(&shop, &path.to_string_lossy(), &operations).await;
    let accepted = "quantity: Value greater than maximum";
    let refused = "the document has no rule at /name";
    let answered = "Response violates schema";
    for found in [accepted, refused, answered] {
        assert!(!agrees && report.contains(found), "{found}: {report}");
    }
}

/// Creates a working directory for the shop.
fn scratch(shop: &Shop) -> PathBuf {
    let scratch = repository::root().join("target/schemathesis").join(&shop.tenant);
    fs::create_dir_all(&scratch).expect("a directory to work in");
    scratch
}

/// Runs schemathesis with every check against the shop's stack, with the keys of two tenants.
/// Returns whether the API agrees with the document, and the report.
async fn schemathesis(shop: &Shop, document: &str, more: &[&str]) -> (bool, String) {
    let tools = install_tools(Toolset::Schemathesis).await.expect("schemathesis can be installed");
    let (files, scratch) = (repository::root().join("tests/flow/openapi"), scratch(shop));
    let other = Shop::open(&format!("{}-other", shop.tenant)).await;
    let key = |name: &str, key: &str| json!({"name": name, "fixedHeaders": [{"name": "Authorization", "value": format!("Bearer {key}")}]});
    let keys = json!({"auth": [key("tenant", &shop.keys.admin), key("another tenant", &other.keys.admin)]});
    fs::write(scratch.join("keys.json"), keys.to_string()).expect("keys can be written");

    let mut command = Command::new(tools.join("bin/schemathesis"));
    command.arg("--config-file").arg(files.join("schemathesis.toml"));
    command.args(["run", document, "--url", &shop.stack.api_url, "--checks", "all", "--no-color"]).args(more);
    command.env("COUPONFLOW_KEYS", scratch.join("keys.json")).env("PYTHONPATH", &files);
    command.env("PYTHONDONTWRITEBYTECODE", "1").current_dir(&scratch).kill_on_drop(true);
    let run = tokio::time::timeout(PATIENCE, command.output()).await;
    let run = run.expect("schemathesis ends in time").expect("schemathesis can be started");
    let report = [run.stdout, run.stderr].concat();
    (run.status.success(), String::from_utf8_lossy(&report).into_owned())
}
