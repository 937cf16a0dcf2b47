//! The schema of problem documents, and an example of each problem.

use couponflow_domain::purchases::rejection::Rejection;
use serde_json::{Map, Value, json};

use crate::documented_problem::DocumentedProblem;
use crate::reference;

/// The schema of problem documents.
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
                "description": "Stable error code; branch on this. `too_many_attempts` is reserved and not returned \
                    yet.",
                "enum": codes,
            },
            "detail": {"type": "string", "description": "Human-readable explanation. The wording may change."},
            "errors": {
                "type": "array",
                "minItems": 1,
                "items": reference::schema("FieldError"),
                "description": "All faults of the request.",
            },
            "rejections": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["coupon_code", "code", "detail"],
                    "properties": {
                        "coupon_code": {"type": "string"},
                        "code": {"type": "string", "enum": codes},
                        "detail": {"type": "string"},
                    },
                },
                "description": "Only when several codes were sent to redeem: the reason for each rejected code. No \
                    code was redeemed.",
            },
            "backup_code": {
                "type": "string",
                "description": "Code of the backup coupon. Present if the coupon is used up, paused or expired and has \
                                `offer_backup` set.",
            },
            "existing_id": {"type": "string", "description": "With `contact_exists`: id of the existing contact."},
            "hold_may_free_up": {
                "type": "boolean",
                "description": "With `limit_reached` or `code_already_used`, for keys with scope `server` or `admin`: \
                                whether a hold reserves the redemption, so that a later attempt may succeed.",
            },
        },
    })
}

/// An example response body of every problem and rejection, by code. Leaves out `too_many_attempts`, which is reserved.
pub(crate) fn examples() -> Map<String, Value> {
    let answered =
        DocumentedProblem::all().filter(|problem| *problem != DocumentedProblem::Rejection(Rejection::TooManyAttempts));
    answered.map(|problem| (problem.code().to_owned(), json!({"value": problem.answer().body}))).collect()
}
