//! Request schemas of codes.

use couponflow_domain::coupons::code::MAX_GENERATED_CODES;
use serde_json::{Map, Value, json};

use super::json_schema::{integer, object, optional};

/// Schema of a coupon code. The API removes white space around a code.
pub(crate) fn code() -> Value {
    let blank = r"[\t\n\r \u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]*";
    json!({
        "type": "string",
        "pattern": format!("^{blank}[A-Za-z0-9]{{3,40}}{blank}$"),
        "description": "3 to 40 letters and digits. Case-insensitive; stored in upper case.",
    })
}

pub(super) fn schemas() -> Map<String, Value> {
    let codes = object(
        "Number and format of the unique codes.",
        &["count"],
        &[
            ("count", integer(1, MAX_GENERATED_CODES, "Number of codes to generate.")),
            ("prefix", optional(json!({"type": "string", "pattern": "^[A-Za-z0-9]{0,20}$"}))),
            ("length", optional(integer(1, 40, "Number of random characters after the prefix. Default: 13."))),
            ("random_bits", optional(integer(1, 196, "Minimum number of random bits per code. Replaces `length`."))),
            ("allow_guessable", optional(json!({"type": "boolean", "default": false}))),
        ],
    );
    Map::from_iter([("CodesInput".to_owned(), codes)])
}
