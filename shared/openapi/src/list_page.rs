//! Schema and example of a list page.

use serde_json::{Value, json};

use crate::reference;

/// Builds the schema of a list page. `of` names the schema of the entries.
pub(crate) fn schema(of: &str) -> Value {
    json!({
        "type": "object",
        "description": "One page of a list. The newest entry is first, unless the operation states another order.",
        "required": ["data", "next_cursor"],
        "properties": {
            "data": {"type": "array", "items": reference::schema(of)},
            "next_cursor": {
                "type": ["string", "null"],
                "description": "Send this value as `cursor` to get the next page. Null on the last page. A page before \
                                the last one can also have fewer entries than `limit`, or none.",
            },
        },
    })
}

/// Builds an example of a list page with one entry.
pub(crate) fn example(entry: Value) -> Value {
    json!({"data": [entry], "next_cursor": null})
}
