//! Request schemas of dry runs and replays.

use serde_json::{Map, Value, json};

use super::json_schema::{integer, list, object, optional};
use couponflow_http::doc::reference::schema;

fn events_in_request() -> Value {
    let event = json!({
        "type": "object",
        "title": "EventInput",
        "required": ["detail-type", "detail"],
        "description": "An event as published on the bus.",
    });
    object("DryRunEventsInput", "Events sent with the request.", &["events"], &[("events", list(1, 100, event))])
}

fn archived_events() -> Value {
    let instant =
        |description: &str| optional(json!({"type": "string", "format": "date-time", "description": description}));
    let cursor = json!({"type": "string", "minLength": 2, "maxLength": 267, "pattern": "^[A-Za-z0-9_-]+$"});
    let members = [
        ("from", instant("Start of the time range, inclusive.")),
        ("to", instant("End of the time range, exclusive.")),
        ("coupon_id", optional(schema("CouponId"))),
        ("limit", optional(integer(1, 100, "Maximum number of events per response. Default: 20."))),
        ("cursor", optional(cursor)),
    ];
    object(
        "ReplayInput",
        "Selects past events from the event log: events of the trigger's type in a time range, newest first.",
        &[],
        &members,
    )
}

pub(super) fn schemas() -> Map<String, Value> {
    Map::from_iter([
        ("DryRunInput".to_owned(), json!({"anyOf": [events_in_request(), schema("ReplayInput")]})),
        ("ReplayInput".to_owned(), archived_events()),
    ])
}
