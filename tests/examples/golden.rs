//! Writes `tests/golden/<version>/`: the data that the current version of the code stores, reads
//! and publishes.

use couponflow_tests::golden::{dump, reads, story};
use couponflow_tests::repository;
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let version = std::env::args().nth(1).expect("the number of a new version, such as 3");
    let directory = repository::root().join("tests/golden").join(version);
    let (harness, events) = story::play().await;
    let items = dump(&harness.dynamo).await;
    let reads = reads::all(&harness.dynamo, &events).await;
    let published: Vec<Value> =
        events.iter().map(|event| json!({"detail-type": event.kind, "detail": event.detail()})).collect();
    std::fs::create_dir_all(&directory)?;
    std::fs::write(directory.join("items.json"), by_line(&items))?;
    std::fs::write(directory.join("events.json"), by_line(&published))?;
    std::fs::write(directory.join("reads.json"), format!("{:#}\n", json!(reads)))
}

/// Formats a JSON list with one element per line.
fn by_line(values: &[Value]) -> String {
    let lines: Vec<String> = values.iter().map(Value::to_string).collect();
    format!("[\n{}\n]\n", lines.join(",\n"))
}
