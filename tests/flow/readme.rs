//! Runs the commands of the README unchanged, and compares their output with the output in the
//! README.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use couponflow_tests::readme::{self, Block};
use couponflow_tests::repository;
use couponflow_tests::shop::{Shop, eventually};
use serde_json::{Value, json};
use tokio::process::Command;

/// Separator between the outputs of two blocks.
const NEXT: &str = "==== next block";

#[tokio::test]
async fn the_shop_walkthrough_prints_what_the_readme_shows() {
    let shop = Shop::open("readme-shop").await;
    let outputs = run(&shop, &readme::section("Integrate a shop")).await;
    let shown = outputs.iter().filter(|(_, shown)| shown.is_some()).count();
    assert!(shown >= 4, "the README shows the output of only {shown} blocks");
    for (printed, shown) in outputs {
        if let Some(shown) = shown {
            assert_eq!(without_ids(&printed), without_ids(&shown));
        }
    }
}

#[tokio::test]
async fn the_workflow_walkthrough_dry_runs_and_publishes_a_workflow() {
    let shop = Shop::open("readme-workflow").await;
    let coupon = shop.coupon("MEMBER20", json!({})).await;
    let line = json!({"product_id": "prod_plan", "quantity": 1, "unit_amount": 4900});
    let order = json!({"id": "order_1", "currency": "USD", "lines": [line]});
    let purchase = json!({"code": "MEMBER20", "customer": {"email": "dana@example.com"}, "order": order});
    shop.redeem(&purchase).await.expect(201);
    eventually("the event of the redemption", async || shop.events(&coupon, "CouponRedeemed").await.pop()).await;

    let printed = all(run(&shop, &readme::section("Build a workflow")).await);
    assert!(!printed.contains("\"pointer\""), "{printed}");
    for shown in ["\"event_id\": \"evt_", "\"High-Value\"", "\"status\": \"published\""] {
        assert!(printed.contains(shown), "{shown}: {printed}");
    }
    let workflows = shop.get("/v1/workflows").await;
    let published = |workflow: &&Value| workflow["status"] == "published";
    assert_eq!(workflows["data"].as_array().unwrap().iter().filter(published).count(), 1, "{workflows:#}");
}

#[tokio::test]
async fn the_workflow_walkthrough_prints_faults_of_the_document() {
    let shop = Shop::open("readme-faults").await;
    let mut blocks = readme::section("Build a workflow");
    let (right, wrong) = ("\"type\": \"wait\"", "\"type\": \"rest\"");
    let document = blocks.iter_mut().find(|block| block.text.contains(right) && block.language == "json");
    let document = document.expect("the section has a JSON document with a wait step");
    document.text = document.text.replace(right, wrong);
    let printed = all(run(&shop, &blocks).await);
    assert!(printed.contains("\"pointer\": \"/steps/1/type\""), "{printed}");
}

fn all(outputs: Vec<(String, Option<String>)>) -> String {
    outputs.into_iter().map(|(printed, _)| printed).collect()
}

/// Runs the shell blocks of a section in one shell. Returns the output of each block, and the
/// output that the README shows for the block.
///
/// If the line before a JSON block ends with a file name, the block is written to this file. A
/// block directly after a shell block is the expected output of the shell block.
async fn run(shop: &Shop, blocks: &[Block]) -> Vec<(String, Option<String>)> {
    let directory = directory(shop);
    let mut script = format!("{}\n", shop.exports());
    let mut shown: Vec<Option<String>> = Vec::new();
    for (i, block) in blocks.iter().enumerate() {
        match block.language.as_str() {
            "sh" => {
                script += &format!("{}printf '%s\\n' '{NEXT}'\n", block.text);
                let next = blocks.get(i + 1).filter(|next| next.language != "sh" && next.introduction.is_empty());
                shown.push(next.map(|next| next.text.clone()));
            }
            _ => write_named(&directory, block),
        }
    }
    let printed = bash(&directory, &script).await;
    let outputs: Vec<&str> = printed.split(&format!("{NEXT}\n")).collect();
    assert_eq!(outputs.len(), shown.len() + 1, "{printed}");
    outputs.iter().map(|output| (*output).to_owned()).zip(shown).collect()
}

/// Writes a block to the last file that its introduction names, as in "This is `thanks.json`:".
fn write_named(directory: &Path, block: &Block) {
    let named = block.introduction.strip_suffix("`:").and_then(|text| text.rsplit('`').next());
    if let Some(name) = named.filter(|name| name.ends_with(".json") && !name.contains('/')) {
        fs::write(directory.join(name), &block.text).expect("the file can be written");
    }
}

async fn bash(directory: &Path, script: &str) -> String {
    let mut bash = Command::new("bash");
    bash.args(["-euo", "pipefail", "-c", script]).current_dir(directory).env("no_proxy", "*");
    let run = bash.stdin(Stdio::null()).kill_on_drop(true).output().await.expect("bash can be started");
    let (out, err) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{script}\n{out}\n{err}");
    out.into_owned()
}

/// Creates a working directory for the shop.
fn directory(shop: &Shop) -> PathBuf {
    let directory = repository::root().join("target/readme").join(&shop.tenant);
    fs::create_dir_all(&directory).expect("a directory to work in");
    directory
}

/// Replaces the part of each id after its prefix, because this part differs from run to run.
fn without_ids(text: &str) -> String {
    let of_a_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '…';
    let ulid = |text: &str| {
        text == "…" || (text.len() == 26 && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()))
    };
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = rest.find(|c| of_a_word(c) != of_a_word(first)).unwrap_or(rest.len());
        let (part, after) = rest.split_at(length);
        match part.split_once('_') {
            Some((prefix, id)) if prefix.len() == 3 && ulid(id) => out += &format!("{prefix}_…"),
            _ => out += part,
        }
        rest = after;
    }
    out
}

#[test]
fn without_ids_replaces_only_ids() {
    assert_eq!(without_ids(r#"{"id":"app_01KAP2V7E8QJ6D0Y4T3M5N9R1C","n":5}"#), r#"{"id":"app_…","n":5}"#);
    assert_eq!(without_ids(r#"{"id":"app_…"} percent_off"#), r#"{"id":"app_…"} percent_off"#);
}
