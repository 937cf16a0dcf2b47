//! Request schemas of templates and their preview.

use couponflow_domain::automation::template::{body_schema, subject_schema};
use couponflow_domain::events::event::EventType;
use serde_json::{Map, Value, json};

use super::json_schema::{object, optional, text};
use couponflow_http::doc::reference::schema;

fn preview() -> Value {
    let triggers: Vec<&str> = EventType::ALL.iter().map(|kind| kind.trigger()).chain(["manual"]).collect();
    object(
        "TemplatePreviewInput",
        "Templates, and the data to render them with.",
        &["trigger"],
        &[
            ("trigger", json!({"enum": triggers, "description": "Trigger whose merge fields the templates can use."})),
            ("subject", optional(subject_schema())),
            ("html", optional(body_schema("HTML body."))),
            ("text", optional(body_schema("Plain-text body."))),
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
