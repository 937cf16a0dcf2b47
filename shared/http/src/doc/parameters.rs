//! Query and header parameters.

use serde_json::{Value, json};

/// Builds an optional query parameter.
pub fn filter(name: &str, description: &str, schema: Value) -> Value {
    json!({"name": name, "in": "query", "description": description, "schema": schema})
}

/// Builds a query parameter that is a date.
pub fn day(name: &str, description: &str, required: bool) -> Value {
    let mut parameter = filter(name, description, json!({"type": "string", "format": "date"}));
    parameter["required"] = json!(required);
    parameter
}

/// Returns the parameters that several operations share, by component name.
pub fn shared() -> Value {
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
        "application-token": {
            "name": "Application-Token",
            "in": "header",
            "description": "The `application_token` of the answer to apply. Required with a storefront key.",
            "schema": {"type": "string", "minLength": 22, "maxLength": 100, "pattern": "^[A-Za-z0-9_-]+$"},
        },
        "idempotency-key": {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "A unique key that you choose for the request. If you send the same request again with the \
                            same key, you get the first response, and the operation is not repeated. Exception: \
                            a response with status 500 or higher, or with `Retry-After`, is not recorded, and \
                            the operation runs again.",
            "schema": key,
            "example": "0f6b3a52-order-1001",
        },
    })
}
