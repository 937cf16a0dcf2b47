//! Common parts of the schemas of all steps.

use serde_json::{Value, json};

use crate::requests::json_schema::{list, object};
use couponflow_http::doc::reference::schema;

/// Schema of a step: `id`, `type` and the given members. The title follows from the type: `AddTagStep`.
pub(super) fn step(kind: &str, description: &str, required: &[&str], members: &[(&str, Value)]) -> Value {
    let id = json!({
        "type": "string",
        "pattern": "^[a-z][a-z0-9_]{0,39}$",
        "description": "Id of the step, unique in the workflow.",
    });
    let members = [&[("id", id), ("type", json!({"const": kind}))], members].concat();
    let title: String = kind.split('_').map(capitalized).chain(["Step".to_owned()]).collect();
    object(&title, description, &[&["id", "type"], required].concat(), &members)
}

/// Gives a step of a type with several schemas a title of its own.
pub(super) fn named(title: &str, mut step: Value) -> Value {
    step["title"] = title.into();
    step
}

/// Returns the word with a capital first letter.
pub(super) fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}

/// Schema of a list of nested steps with at least `least` entries.
pub(super) fn nested_steps(least: usize) -> Value {
    list(least, 100, schema("StepInput"))
}
