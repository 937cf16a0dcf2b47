//! Query and header parameters.

use couponflow_domain::kernel::json_schema;
use couponflow_domain::purchases::ApplicationToken;
use serde_json::{Value, json};
use strum::VariantArray;

use crate::cursor;
use crate::printable::HEADER_PATTERN;
use crate::request::{PageLimit, idempotency_key_schema};

/// Builds an optional query parameter.
pub fn filter(name: &str, description: &str, schema: Value) -> Value {
    json!({"name": name, "in": "query", "description": description, "schema": schema})
}

/// Builds an optional query parameter that [`Request::query_enum`](crate::Request::query_enum) reads.
pub fn choice<T: VariantArray + Copy + Into<&'static str>>(name: &str, description: &str) -> Value {
    let names: Vec<&str> = T::VARIANTS.iter().map(|value| (*value).into()).collect();
    filter(name, description, json_schema::choice(names))
}

/// Builds a query parameter that is a date.
pub fn day(name: &str, description: &str, required: bool) -> Value {
    let mut parameter = filter(name, description, json!({"type": "string", "format": "date"}));
    parameter["required"] = json!(required);
    parameter
}

/// Returns the parameters that several operations share, by component name.
pub fn shared() -> Value {
    json!({
        "limit": filter(
            "limit",
            "Maximum number of entries per page.",
            PageLimit::STANDARD.schema(),
        ),
        "cursor": filter("cursor", "The `next_cursor` of the previous page. Do not parse this value.", cursor::schema()),
        "if-match": {
            "name": "If-Match",
            "in": "header",
            "required": true,
            "description": "The `ETag` from the last read of the resource, or `*` to change any version.",
            "schema": {"type": "string", "minLength": 1, "pattern": HEADER_PATTERN},
            "example": "*",
        },
        "application-token": {
            "name": "Application-Token",
            "in": "header",
            "description": "The `application_token` of the response to apply. Required with a storefront key.",
            "schema": ApplicationToken::schema(),
        },
        "idempotency-key": {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "A unique key that you choose for the request. If you send the same request again with the \
                            same key, you get the first response, and the operation is not repeated. Exception: \
                            a response with status 500 or higher, or with `Retry-After`, is not recorded, and \
                            the operation runs again.",
            "schema": idempotency_key_schema(),
            "example": "0f6b3a52-order-1001",
        },
    })
}
