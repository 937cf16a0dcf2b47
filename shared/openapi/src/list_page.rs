//! Pages of lists.

use serde_json::{Value, json};

use crate::reference;

/// The schema of a list page with entries of the schema `of`.
pub(crate) fn schema(of: &str) -> Value {
    json!({
        "type": "object",
        "description": "One page of a list, newest first unless the operation states another order.",
        "required": ["data", "next_cursor"],
        "properties": {
            "data": {"type": "array", "items": reference::schema(of)},
            "next_cursor": {
                "type": ["string", "null"],
                "description": "Pass this as `cursor` to get the next page. Null on the last page. A page can have \
                                fewer entries than `limit`, even none, without being the last.",
            },
        },
    })
}

/// An example of a list page with one entry.
pub(crate) fn example(entry: Value) -> Value {
    json!({"data": [entry], "next_cursor": null})
}
