//! Common parts of the schemas of all steps.

use serde_json::{Value, json};

use crate::requests::json_schema::{list, object};
use couponflow_http::doc::reference::schema;

/// Schema of a step: `id`, `type` and the given members.
pub(super) fn step(kind: &str, description: &str, required: &[&str], members: &[(&str, Value)]) -> Value {
    let id = json!({
        "type": "string",
        "pattern": "^[a-z][a-z0-9_]{0,39}$",
        "description": "Id of the step, unique in the workflow.",
    });
    let members = [&[("id", id), ("type", json!({"const": kind}))], members].concat();
    object(description, &[&["id", "type"], required].concat(), &members)
}

/// Schema of a list of nested steps with at least `least` entries.
pub(super) fn nested_steps(least: usize) -> Value {
    list(least, 100, schema("StepInput"))
}
