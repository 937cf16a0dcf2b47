//! Request schemas of workflow documents.

use serde_json::{Value, json};
use strum::VariantArray as _;

use super::NAME_LENGTH;
use super::settings::{EXECUTIONS_PER_HOUR, RECIPIENTS};
use super::window;
use crate::automation::actions::{MAX_STEPS, StepKind};
use crate::automation::filter::FilterSchema;
use crate::kernel::instants::ZoneName;
use crate::kernel::json_schema::{boolean, choice, email, integer, list, object, optional, reference, text};
use crate::kernel::locale::Locale;

/// Returns the request schema of a workflow document.
pub fn document_schema() -> Value {
    let flag = |description: &str| optional(boolean(description));
    let alert = object(
        "FailureAlert",
        "Stops the execution, as `stop` does, and sends an e-mail to these recipients.",
        &["alert"],
        &[("alert", list(RECIPIENTS, email("Address of a recipient.")))],
    );
    let on_failure = json!({
        "description": "What happens to an execution after a step has failed permanently. Default: `stop`. If a wait \
                        fails, the execution stops even with `continue`, because the steps after a wait never run \
                        early.",
        "anyOf": [{"title": "FailurePolicy", "type": "string", "enum": ["stop", "continue"]}, alert],
    });
    let on_unknown = json!({
        "title": "UnknownOutcomePolicy",
        "type": "string",
        "enum": ["continue", "stop", "retry"],
        "description": "What happens if it is unknown whether a message was sent. `retry` may send the message twice. \
                        Default: `continue`.",
    });
    let most =
        integer(EXECUTIONS_PER_HOUR, "Maximum number of executions per contact and clock hour. Default: no limit.");
    object(
        "WorkflowInput",
        "A workflow document.",
        &["name", "trigger", "steps"],
        &[
            ("name", text(NAME_LENGTH, "Name of the workflow.")),
            ("trigger", reference("TriggerInput")),
            (
                "re_entry",
                flag(
                    "Whether the workflow can run again for a contact after its previous execution for the contact has \
                     ended. Default: the workflow runs only once for each contact.",
                ),
            ),
            ("message_window", optional(reference("TimeWindow"))),
            (
                "opt_in_required",
                flag("Whether `send_email` skips contacts who have not granted consent. Default: false."),
            ),
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
            ("locale", optional(Locale::schema("For contacts without a locale, such as `de-DE`. Default: `en-US`."))),
            ("time_zone", optional(ZoneName::schema("Time zone for contacts without a time zone. Default: `UTC`."))),
            ("steps", list(1..=MAX_STEPS, reference("StepInput"))),
        ],
    )
}

/// Schema of a trigger. Triggers for events with an order permit other filters than triggers for
/// events without an order. The trigger `manual`, for workflows that only other workflows start,
/// permits no filters.
fn trigger() -> Value {
    let trigger = |title: &str, types: Vec<&str>, filters: Value| {
        let members = [("type", choice(types)), ("filters", optional(filters))];
        object(
            title,
            "Type of the events that start the workflow, and filters for these events. With `manual`, only other \
             workflows start the workflow, and `filters` must be empty.",
            &["type"],
            &members,
        )
    };
    let of_events = FilterSchema::VARIANTS.iter().map(|filter| {
        let types = filter.events().iter().map(|kind| kind.trigger()).collect();
        let title = format!("{}TriggerInput", filter.into_str()).replace("Filter", "");
        trigger(&title, types, FilterSchema::member(&[*filter]))
    });
    let manual = trigger("ManualTriggerInput", vec!["manual"], json!({"type": "array", "maxItems": 0, "items": {}}));
    json!({"oneOf": of_events.chain([manual]).collect::<Vec<_>>()})
}

/// Returns the request schemas of workflow documents and of their parts, by component name. Each action has its own
/// schemas, one for each form of its step. `StepInput` is a step of any form.
pub fn request_schemas() -> Vec<(String, Value)> {
    let forms = StepKind::IN_DOCUMENTS.iter().flat_map(|kind| kind.schemas());
    let mut schemas: Vec<_> = forms.map(|form| (form["title"].as_str().unwrap_or_default().to_owned(), form)).collect();
    let any: Vec<Value> = schemas.iter().map(|(name, _)| reference(name)).collect();
    schemas.extend([
        ("StepInput".to_owned(), json!({"anyOf": any})),
        ("WorkflowInput".to_owned(), document_schema()),
        ("TriggerInput".to_owned(), trigger()),
        ("TimeWindow".to_owned(), window::schema()),
    ]);
    schemas
}
