//! Request schema of restoring a version of a workflow.

use serde_json::{Map, Value};

use super::json_schema::{integer, object};

pub(super) fn schemas() -> Map<String, Value> {
    let version = [("version", integer(1, i64::MAX, "Number of a published version."))];
    Map::from_iter([("RestoreInput".to_owned(), object("The version to restore.", &["version"], &version))])
}
