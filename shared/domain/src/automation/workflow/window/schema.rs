//! Request schema of a time window.

use serde_json::{Value, json};

use super::{DAY_COUNT, DAYS};
use crate::kernel::instants::ZoneName;
use crate::kernel::json_schema::{list, object, optional};

/// Returns the request schema of a window.
pub(in crate::automation::workflow) fn schema() -> Value {
    let days = json!({"title": "Weekday", "type": "string", "enum": DAYS.map(|(name, _)| name)});
    let members = [
        ("days", optional(list(DAY_COUNT, days))),
        ("from", time_of_day()),
        ("to", time_of_day()),
        ("time_zone", optional(ZoneName::schema("Time zone for contacts without a time zone. Default: `UTC`."))),
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
