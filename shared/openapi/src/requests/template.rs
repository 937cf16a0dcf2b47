//! Templates, tried out.

use couponflow_domain::event::EventType;
use serde_json::{Map, Value, json};

use super::workflow::{body, subject};
use super::{object, optional, text};
use crate::schema;

fn preview() -> Value {
    let triggers: Vec<&str> = EventType::ALL.iter().map(|kind| kind.trigger()).chain(["manual"]).collect();
    object(
        "Templates, and what to fill them with.",
        &["trigger"],
        &[
            ("trigger", json!({"enum": triggers, "description": "Whose merge fields there are."})),
            ("subject", optional(subject())),
            ("html", optional(body("HTML."))),
            ("text", optional(body("Plain text."))),
            ("event", optional(schema("EventDetail"))),
            ("locale", optional(text(1, 100, "How amounts and dates are written, such as `de-DE`. Default: `en-US`."))),
            ("time_zone", optional(text(1, 100, "An IANA time zone, whose clock is meant. Default: `UTC`."))),
        ],
    )
}

pub(super) fn schemas() -> Map<String, Value> {
    Map::from_iter([("TemplatePreviewInput".to_owned(), preview())])
}
