//! Request schemas of templates and their preview.

use couponflow_domain::events::event::EventType;
use serde_json::{Map, Value, json};

use super::json_schema::{lines, object, optional, text};
use couponflow_http::doc::reference::schema;

/// Schema of a subject line, which is a template.
pub(super) fn subject() -> Value {
    text(1, 500, "Subject line. A template.")
}

/// Schema of a body, which is a template.
pub(super) fn body(description: &str) -> Value {
    lines(1, 100_000, &format!("{description} A template."))
}

fn preview() -> Value {
    let triggers: Vec<&str> = EventType::ALL.iter().map(|kind| kind.trigger()).chain(["manual"]).collect();
    object(
        "TemplatePreviewInput",
        "Templates, and the data to render them with.",
        &["trigger"],
        &[
            ("trigger", json!({"enum": triggers, "description": "Trigger whose merge fields the templates can use."})),
            ("subject", optional(subject())),
            ("html", optional(body("HTML body."))),
            ("text", optional(body("Plain-text body."))),
            ("event", optional(schema("EventDetail"))),
            (
                "locale",
                optional(text(
                    1,
                    100,
                    "BCP 47 language tag for the format of amounts and dates, such as `de-DE`. Default: `en-US`.",
                )),
            ),
            ("time_zone", optional(text(1, 100, "IANA time zone of dates. Default: `UTC`."))),
        ],
    )
}

pub(super) fn schemas() -> Map<String, Value> {
    Map::from_iter([("TemplatePreviewInput".to_owned(), preview())])
}
