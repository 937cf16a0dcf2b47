//! Tests that common generators can generate clients from the OpenAPI document, and that these
//! clients work with the local stack. The TypeScript client also compiles in strict mode.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use couponflow_http::Operation;
use couponflow_local::{Toolset, install_tools};
use couponflow_tests::repository;
use couponflow_tests::shop::Shop;
use serde_json::{Value, json};
use tokio::process::Command;

/// How long one command may take on a busy machine. On two idle cores, the TypeScript compiler
/// takes 20 s.
const PATIENCE: Duration = Duration::from_secs(300);

#[tokio::test]
async fn typescript_client_compiles_in_strict_mode_and_redeems() {
    let shop = shop("client-typescript").await;
    let tools = install_tools(Toolset::Clients).await.expect("Node.js can be installed");
    let directory = working_directory("typescript");
    let npm = |arguments: &[&str]| {
        let mut npm = tool("npm", &tools, &directory);
        npm.args(arguments).env("NPM_CONFIG_UPDATE_NOTIFIER", "false");
        npm
    };
    run(&mut npm(&["ci", "--no-audit", "--no-fund"])).await;
    run(&mut npm(&["run", "generate"])).await;
    run(&mut npm(&["run", "build"])).await;
    let mut program = tool("node", &tools, &directory);
    let printed = run(with_keys(program.arg("dist/shop.js"), &shop)).await;
    let expected = json!({
        "apply": {"total": 4000, "currency": "USD"},
        "applySeveral": {"total": 3600, "results": [4000, 3600, "This code is not valid."]},
        "rejected": {"code": "coupon_not_found", "sentence": "This code is not valid."},
        "redeem": {"total": 4000, "status": "redeemed"},
        "redeemSeveral": {"total": 3600, "codes": ["ALPHA20", "BETA10"]},
        "hold": {"held": true, "redeemed": "redeemed", "rolledBack": "rolled_back", "reason": "refunded"},
    });
    assert_eq!(serde_json::from_str::<Value>(&printed).expect(&printed), expected);
}

#[tokio::test]
async fn python_client_has_every_operation_and_redeems() {
    let shop = shop("client-python").await;
    let tools = install_tools(Toolset::Clients).await.expect("the generator can be installed");
    let directory = working_directory("python");
    let client = directory.join("client");
    let mut generator = tool("openapi-python-client", &tools, &directory);
    generator.args(["generate", "--path", "openapi.json", "--config", "config.yaml", "--overwrite"]);
    generator.args(["--fail-on-warning", "--output-path"]).arg(&client);
    run(&mut generator).await;
    assert_eq!(modules(&client.join("couponflow_client/api")), Operation::ALL.len(), "one module per operation");

    let mut program = tool("python", &tools, &directory);
    program.arg("shop.py").arg(repository::root().join("events/samples/workflow-of-all-steps.json"));
    program.env("PYTHONPATH", &client).env("PYTHONDONTWRITEBYTECODE", "1");
    let printed = run(with_keys(&mut program, &shop)).await;
    let expected = json!({
        "apply": {"total": 4000, "currency": "USD"},
        "apply_several": {"total": 3600, "results": [4000, 3600, "coupon_not_found"]},
        "rejected": {"status": 404, "known": true},
        "hold": {
            "held": true,
            "redeemed": "redeemed",
            "rolled_back": "rolled_back",
            "reason": "refunded",
            "customer": "ana@example.com",
        },
        "coupon": {
            "code": "ALPHA20",
            "status": "active",
            "percent_off": 20,
            "duration": "once",
            "times_redeemed": 1,
            "metadata": {"owner": "marketing"},
        },
        "workflow": true,
    });
    assert_eq!(serde_json::from_str::<Value>(&printed).expect(&printed), expected);
}

/// Opens a shop with the two coupons that the clients use.
async fn shop(tenant: &str) -> Shop {
    let shop = Shop::open(tenant).await;
    shop.coupon("ALPHA20", json!({"release_on": ["refunded"], "metadata": {"owner": "marketing"}})).await;
    shop.coupon("BETA10", json!({"discount": {"type": "percentage", "percent_off": 10}})).await;
    shop
}

/// Copies the sources of a client and the OpenAPI document to an empty directory.
fn working_directory(language: &str) -> PathBuf {
    let (sources, target) =
        (repository::root().join("tests/clients").join(language), repository::root().join("target/clients"));
    let directory = target.join(language);
    if directory.exists() {
        fs::remove_dir_all(&directory).expect("the directory of the last run can be removed");
    }
    copy(&sources, &directory);
    fs::copy(repository::root().join("shared/http/openapi.json"), directory.join("openapi.json"))
        .expect("the document");
    directory
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("sources") {
        let path = entry.expect("a source").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a copy");
        }
    }
}

/// Number of modules in the packages of a directory.
fn modules(directory: &Path) -> usize {
    let entries = fs::read_dir(directory).expect("packages").map(|entry| entry.expect("an entry").path());
    entries
        .map(|path| match path.is_dir() {
            true => modules(&path),
            false => usize::from(path.extension().is_some_and(|kind| kind == "py") && !path.ends_with("__init__.py")),
        })
        .sum()
}

/// Prepares a command of the toolset. The command finds the other commands of the toolset in
/// `PATH`.
fn tool(name: &str, tools: &Path, directory: &Path) -> Command {
    let path = format!("{}:{}", tools.join("bin").display(), std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new(tools.join("bin").join(name));
    command.env("PATH", path).current_dir(directory);
    command
}

/// Sets the address of the API and the keys of the shop.
fn with_keys<'a>(command: &'a mut Command, shop: &Shop) -> &'a mut Command {
    command.env("API", &shop.stack.api_url).env("STOREFRONT", &shop.keys.storefront);
    command.env("SERVER", &shop.keys.server).env("ADMIN", &shop.keys.admin)
}

/// Runs a command and returns its standard output. Panics with all output if the command fails.
async fn run(command: &mut Command) -> String {
    let described = format!("{:?}", command.as_std().get_program());
    let output = tokio::time::timeout(PATIENCE, command.kill_on_drop(true).output()).await;
    let output = output.unwrap_or_else(|_| panic!("{described} takes too long"));
    let output = output.unwrap_or_else(|error| panic!("{described}: {error}"));
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{described}: {stdout}{stderr}");
    stdout.into_owned()
}
