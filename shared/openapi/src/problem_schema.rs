//! Schema of problem documents, and an example of each problem.

use serde_json::{Map, Value, json};

use couponflow_http::doc::documented_problem::DocumentedProblem;
use couponflow_http::doc::reference;

/// Builds the schema of problem documents.
pub(crate) fn schema() -> Value {
    let codes: Vec<&str> = DocumentedProblem::all().map(DocumentedProblem::code).collect();
    json!({
        "type": "object",
        "description": "An error response: a problem document (RFC 9457).",
        "required": ["type", "title", "status", "code", "detail"],
        "properties": {
            "type": {"type": "string", "format": "uri", "description": "`urn:couponflow:problem:` followed by `code`."},
            "title": {"type": "string", "description": "Name of the HTTP status."},
            "status": {"type": "integer", "description": "HTTP status code."},
            "code": {
                "type": "string",
                "description": "Stable error code. Clients should distinguish errors by this code.",
                "enum": codes,
            },
            "detail": {"type": "string", "description": "Human-readable explanation. The wording may change."},
            "errors": {
                "type": "array",
                "minItems": 1,
                "items": reference::schema("FieldError"),
                "maxItems": 100,
                "description": "Faults of the request, each with a pointer to the invalid part.",
            },
            "errors_omitted": {
                "type": "integer",
                "minimum": 1,
                "description": "Number of further faults. Present if the request has more than 100 faults.",
            },
            "rejections": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "title": "CodeRejection",
                    "required": ["coupon_code", "code", "detail"],
                    "properties": {
                        "coupon_code": {"type": "string"},
                        "code": {"type": "string", "enum": codes},
                        "detail": {"type": "string"},
                    },
                },
                "description": "Reason for each rejected code. Present if a redeem request with `codes` was rejected. \
                                In this case, none of the codes was redeemed.",
            },
            "backup_code": {
                "type": "string",
                "description": "Code of the backup coupon. Present in responses of apply if the rejected coupon is \
                                used up, paused or expired, its `offer_backup` is true, and its backup coupon is \
                                available. A key with scope `storefront` does not get the backup code of a \
                                paused coupon.",
            },
            "existing_id": {"type": "string", "description": "With `contact_exists`: id of the existing contact."},
            "hold_may_free_up": {
                "type": "boolean",
                "description": "Whether the code was rejected because of a hold: some of the redemptions that count \
                                towards the limit are only held, or the unique code is only held. If true, a \
                                later attempt may succeed, because a hold may end without a redemption. Present \
                                with `limit_reached` and `code_already_used`, for keys with scope `server` or \
                                `admin`.",
            },
        },
    })
}

/// Builds an example response body of every problem and rejection, by code.
pub(crate) fn examples() -> Map<String, Value> {
    DocumentedProblem::all()
        .map(|problem| (problem.code().to_owned(), json!({"value": problem.answer().body})))
        .collect()
}
