//! Request schemas of time windows and time zones.

use serde_json::{Value, json};

use super::json_schema::{list, object, optional};

pub(super) fn zone(description: &str) -> Value {
    json!({"type": "string", "description": format!("{description} An IANA time zone name.")})
}

pub(super) fn window() -> Value {
    let days = json!({"title": "Weekday", "enum": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]});
    let members = [
        ("days", optional(list(1, 7, days))),
        ("from", time_of_day()),
        ("to", time_of_day()),
        ("time_zone", optional(zone("Time zone for contacts without a time zone. Default: `UTC`."))),
    ];
    let description = "A time of day on some days of the week, in the contact's time zone. The window opens at `from` \
                       and closes at `to`, local time. If `to` is before `from`, the window closes on the next day. If \
                       a clock change skips a part of a window, the window is open for the remaining part. If a clock \
                       change skips a whole window, the window does not open on that day. If a clock change repeats an \
                       hour, a window within that hour opens twice.";
    object("TimeWindow", description, &["from", "to"], &members)
}

fn time_of_day() -> Value {
    json!({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"})
}
