//! Parameters.

use serde_json::{Value, json};

/// A reference to a shared parameter.
pub(crate) fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/parameters/{name}")})
}

/// A query parameter that narrows a list down.
pub(crate) fn filter(name: &str, description: &str, schema: Value) -> Value {
    json!({"name": name, "in": "query", "description": description, "schema": schema})
}

/// A query parameter that is a day.
pub(crate) fn day(name: &str, description: &str, required: bool) -> Value {
    let mut parameter = filter(name, description, json!({"type": "string", "format": "date"}));
    parameter["required"] = json!(required);
    parameter
}

/// The parameters that several operations have.
pub(crate) fn shared() -> Value {
    let cursor = json!({"type": "string", "minLength": 2, "maxLength": 267, "pattern": "^[A-Za-z0-9_-]+$"});
    let key = json!({"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"});
    json!({
        "limit": filter("limit", "The most entries of a page.", json!({"type": "integer", "minimum": 1, "maximum": 100, "default": 20})),
        "cursor": filter("cursor", "Where to go on: the `next_cursor` of the page before. Not to be read.", cursor),
        "if-match": {
            "name": "If-Match",
            "in": "header",
            "required": true,
            "description": "The `ETag` that the resource was read with; `*` for whatever it is now.",
            "schema": {"type": "string", "minLength": 1, "pattern": "^[!-~]([ -~]*[!-~])?$"},
            "example": "*",
        },
        "idempotency-key": {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "Names this request, so that sending it again does not do it again.",
            "schema": key,
            "example": "0f6b3a52-order-1001",
        },
    })
}
