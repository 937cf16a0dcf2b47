//! Parts of the request schemas that steps share.

use serde_json::{Value, json};

use crate::kernel::json_schema::{list, object, optional, reference};

/// Maximum number of characters of a step's id.
pub(in crate::automation) const MAX_STEP_ID: usize = 40;

/// Maximum number of steps in one workflow, including nested ones.
pub(in crate::automation) const MAX_STEPS: usize = 100;

/// Schema of a step: `id`, `type` and the given members. The title is the name of the schema in the API document.
pub(super) fn step(title: &str, kind: &str, description: &str, required: &[&str], members: &[(&str, Value)]) -> Value {
    let id = json!({
        "type": "string",
        "pattern": format!("^[a-z][a-z0-9_]{{0,{}}}$", MAX_STEP_ID - 1),
        "description": "Id of the step, unique in the workflow.",
    });
    let members = [&[("id", id), ("type", json!({"const": kind}))], members].concat();
    object(title, description, &[&["id", "type"], required].concat(), &members)
}

/// Schema of a list of nested steps with at least `least` entries.
pub(super) fn nested_steps(least: usize) -> Value {
    list(least..=MAX_STEPS, reference("StepInput"))
}

/// Schema of a public HTTPS URL.
pub(super) fn url() -> Value {
    json!({"type": "string", "pattern": "^https://[A-Za-z0-9.-]+[.][A-Za-z]{2,}(/[A-Za-z0-9._/-]*)?$",
        "description": "Public HTTPS URL without user and password."})
}

/// Maximum number of branches of a step.
pub(super) const MAX_BRANCHES: usize = 20;

/// Schema of a list of branches. Each has the member `first`, and nested steps.
pub(super) fn branches(title: &str, least: usize, first: (&str, Value)) -> Value {
    let branch =
        object(title, "A branch and its steps.", &[first.0], &[first.clone(), ("steps", optional(nested_steps(0)))]);
    list(least..=MAX_BRANCHES, branch)
}
