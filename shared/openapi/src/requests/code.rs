//! Request schemas for issuing unique codes.

use couponflow_domain::coupons::code::MAX_GENERATED_CODES;
use serde_json::{Map, Value, json};

use super::json_schema::{integer, object, optional};

pub(super) fn schemas() -> Map<String, Value> {
    let codes = object(
        "CodesInput",
        "Number and format of the unique codes.",
        &["count"],
        &[
            ("count", integer(1, MAX_GENERATED_CODES, "Number of codes to generate.")),
            ("prefix", optional(json!({"type": "string", "pattern": "^[A-Za-z0-9]{0,20}$"}))),
            ("length", optional(integer(1, 40, "Number of random characters after the prefix. Default: 13."))),
            (
                "random_bits",
                optional(integer(
                    1,
                    196,
                    "Minimum number of random bits per code, from which the length is computed. Send either \
                     `random_bits` or `length`.",
                )),
            ),
            ("allow_guessable", optional(json!({"type": "boolean", "default": false}))),
        ],
    );
    Map::from_iter([("CodesInput".to_owned(), codes)])
}
