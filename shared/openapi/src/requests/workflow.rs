//! Workflows.

use serde_json::{Map, Value, json};

use super::{duration, email, filter, lines, list, nullable, object, optional, text};
use crate::schema;

/// A workflow as its author writes it.
pub(crate) fn document() -> Value {
    let re_entry =
        json!({"type": "boolean", "description": "Whether a contact may enter it more than once. Default: no."});
    object(
        "A workflow.",
        &["name", "trigger", "steps"],
        &[
            ("name", text(1, 200, "The author's name for it.")),
            ("trigger", schema("TriggerInput")),
            ("re_entry", optional(re_entry)),
            ("steps", list(1, 100, schema("StepInput"))),
        ],
    )
}

/// Each sort of events has filters of its own; a workflow that others start has none.
fn trigger() -> Value {
    let trigger = |types: Vec<&str>, filters: Value| {
        let members = [("type", json!({"enum": types})), ("filters", optional(filters))];
        object("What sets it off, and which of those events it wants.", &["type"], &members)
    };
    let of_events = filter::sorts().map(|(filter, kinds)| {
        let filters = json!({"anyOf": [schema(filter), {"type": "array", "maxItems": 0}]});
        trigger(kinds.iter().map(|kind| kind.trigger()).collect(), filters)
    });
    let manual = trigger(vec!["manual"], json!({"type": "array", "maxItems": 0}));
    json!({"oneOf": of_events.into_iter().chain([manual]).collect::<Vec<_>>()})
}

fn step(kind: &str, description: &str, required: &[&str], members: &[(&str, Value)]) -> Value {
    let id = json!({"type": "string", "pattern": "^[a-z][a-z0-9_]{0,39}$", "description": "Unique in the workflow."});
    let members = [&[("id", id), ("type", json!({"const": kind}))], members].concat();
    object(description, &[&["id", "type"], required].concat(), &members)
}

fn send_email() -> Value {
    let (subject, html, text) = (subject(), body("HTML body."), body("Plain-text body."));
    let members = [("subject", subject), ("html", nullable(html)), ("text", nullable(text))];
    let mut step = step("send_email", "Sends an e-mail to the contact.", &["subject"], &members);
    let has = |name: &str| json!({"required": [name], "properties": {name: {"type": "string"}}});
    step["anyOf"] = json!([has("html"), has("text")]);
    step
}

pub(super) fn subject() -> Value {
    text(1, 500, "Subject line, a template.")
}

pub(super) fn body(description: &str) -> Value {
    lines(1, 100_000, &format!("{description} A template."))
}

fn steps() -> Vec<Value> {
    let tag = || text(1, 100, "The tag.");
    let notify = [
        ("channel", json!({"const": "email"})),
        ("to", list(1, 20, email("A recipient."))),
        ("subject", subject()),
        ("text", body("Plain-text body.")),
    ];
    vec![
        step("add_tag", "Adds a tag to the contact.", &["tag"], &[("tag", tag())]),
        step("remove_tag", "Takes a tag off the contact.", &["tag"], &[("tag", tag())]),
        send_email(),
        step("notify", "Tells colleagues.", &["channel", "to", "subject", "text"], &notify),
        step(
            "pause_coupon",
            "Pauses a coupon: the event's own where none is named.",
            &[],
            &[("coupon_id", optional(schema("CouponId")))],
        ),
        step("replace_with_backup_coupon", "Activates the backup coupon of the event's coupon.", &[], &[]),
        step("start_workflow", "Starts another workflow.", &["workflow_id"], &[("workflow_id", schema("WorkflowId"))]),
        step("wait", "Lets time pass.", &["for"], &[("for", duration("From PT1S to P366D."))]),
    ]
}

pub(super) fn schemas() -> Map<String, Value> {
    Map::from_iter([
        ("WorkflowInput".to_owned(), document()),
        ("TriggerInput".to_owned(), trigger()),
        ("StepInput".to_owned(), json!({"oneOf": steps()})),
    ])
}
