//! Request schema for restoring a published version of a workflow.

use serde_json::{Map, Value};

use super::json_schema::{integer, object};

pub(super) fn schemas() -> Map<String, Value> {
    let version = [("version", integer(1, i64::MAX, "Number of a published version."))];
    Map::from_iter([(
        "RestoreInput".to_owned(),
        object("RestoreInput", "Workflow version to restore.", &["version"], &version),
    )])
}
