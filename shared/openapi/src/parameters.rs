//! Query and header parameters.

use serde_json::{Value, json};

/// Builds an optional query parameter.
pub(crate) fn filter(name: &str, description: &str, schema: Value) -> Value {
    json!({"name": name, "in": "query", "description": description, "schema": schema})
}

/// Builds a query parameter that is a date.
pub(crate) fn day(name: &str, description: &str, required: bool) -> Value {
    let mut parameter = filter(name, description, json!({"type": "string", "format": "date"}));
    parameter["required"] = json!(required);
    parameter
}

/// Parameters that several operations share.
pub(crate) fn shared() -> Value {
    let cursor = json!({"type": "string", "minLength": 2, "maxLength": 267, "pattern": "^[A-Za-z0-9_-]+$"});
    let key = json!({"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"});
    json!({
        "limit": filter(
            "limit",
            "Maximum number of entries per page.",
            json!({"type": "integer", "minimum": 1, "maximum": 100, "default": 20}),
        ),
        "cursor": filter("cursor", "The `next_cursor` of the previous page. Do not parse this value.", cursor),
        "if-match": {
            "name": "If-Match",
            "in": "header",
            "required": true,
            "description": "The `ETag` from the last read of the resource, or `*` to change any version.",
            "schema": {"type": "string", "minLength": 1, "pattern": "^[!-~]([ -~]*[!-~])?$"},
            "example": "*",
        },
        "idempotency-key": {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "A unique key that you choose for the request. A retry with the same key does not repeat \
                            the operation, and gets the first response.",
            "schema": key,
            "example": "0f6b3a52-order-1001",
        },
    })
}
