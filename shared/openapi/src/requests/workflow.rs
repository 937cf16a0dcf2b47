//! Request schemas of workflow documents.

use serde_json::{Map, Value, json};

use super::filter;
use super::json_schema::{email, integer, list, object, optional, text};
use super::time_window::zone;
use couponflow_http::doc::reference::schema;

/// Schema of a workflow document.
pub(crate) fn document() -> Value {
    let flag = |description: &str| optional(json!({"type": "boolean", "description": description}));
    let alert = object(
        "FailureAlert",
        "Stops the execution, as `stop` does, and sends an e-mail to these recipients.",
        &["alert"],
        &[("alert", list(1, 20, email("Address of a recipient.")))],
    );
    let on_failure = json!({
        "description": "What happens to an execution after a step has failed permanently. Default: `stop`. If a wait \
                        fails, the execution stops even with `continue`, because the steps after a wait never run \
                        early.",
        "anyOf": [{"title": "FailurePolicy", "enum": ["stop", "continue"]}, alert],
    });
    let on_unknown = json!({
        "title": "UnknownOutcomePolicy",
        "enum": ["continue", "stop", "retry"],
        "description": "What happens if it is unknown whether a message was sent. `retry` may send the message twice. \
                        Default: `continue`.",
    });
    let most = integer(1, 1000, "Maximum number of executions per contact and clock hour. Default: no limit.");
    object(
        "WorkflowInput",
        "A workflow document.",
        &["name", "trigger", "steps"],
        &[
            ("name", text(1, 200, "Name of the workflow.")),
            ("trigger", schema("TriggerInput")),
            (
                "re_entry",
                flag(
                    "Whether the workflow can run again for a contact after its previous execution for the contact has \
                     ended. Default: the workflow runs only once for each contact.",
                ),
            ),
            ("message_window", optional(schema("TimeWindow"))),
            (
                "stop_on_redemption",
                flag(
                    "Whether an execution stops when the contact redeems the coupon of the event, or a coupon that \
                     the execution generated.",
                ),
            ),
            ("max_executions_per_contact_and_hour", optional(most)),
            ("on_failure", optional(on_failure)),
            ("on_unknown", optional(on_unknown)),
            (
                "locale",
                optional(json!({
                    "type": "string",
                    "description": "BCP 47 language tag for contacts without a locale, such as `de-DE`. Default: \
                                    `en-US`.",
                })),
            ),
            ("time_zone", optional(zone("Time zone for contacts without a time zone. Default: `UTC`."))),
            ("steps", list(1, 100, schema("StepInput"))),
        ],
    )
}

/// Schema of a trigger. Triggers for events with an order permit other filters than triggers for
/// events without an order. The trigger `manual`, for workflows that only other workflows start,
/// permits no filters.
fn trigger() -> Value {
    let trigger = |title: &str, types: Vec<&str>, filters: Value| {
        let members = [("type", json!({"enum": types})), ("filters", optional(filters))];
        object(
            title,
            "Type of the events that start the workflow, and filters for these events. With `manual`, only other \
             workflows start the workflow, and `filters` must be empty.",
            &["type"],
            &members,
        )
    };
    let of_events = filter::filter_schemas().map(|(filter, kinds)| {
        let types = kinds.iter().map(|kind| kind.trigger()).collect();
        trigger(&format!("{filter}TriggerInput").replace("Filter", ""), types, filter::filters(&[filter]))
    });
    let manual = trigger("ManualTriggerInput", vec!["manual"], json!({"type": "array", "maxItems": 0, "items": {}}));
    json!({"oneOf": of_events.into_iter().chain([manual]).collect::<Vec<_>>()})
}

pub(super) fn schemas() -> Map<String, Value> {
    Map::from_iter([("WorkflowInput".to_owned(), document()), ("TriggerInput".to_owned(), trigger())])
}
