//! Request schemas of codes, and of the format of generated codes.

use serde_json::{Value, json};

use super::generator::{COUNTS, DEFAULT_LENGTH, MAX_PREFIX_LENGTH, lengths, random_bits};
use super::{CouponCode, GenerateCodes};
use crate::kernel::json_schema::{integer, object, optional};

impl CouponCode {
    /// Returns the request schema of a code. White space around a code is ignored.
    pub fn schema() -> Value {
        let blank = r"[\t\n\r \u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]*";
        let (min, max) = Self::LENGTH.into_inner();
        json!({
            "type": "string",
            "pattern": format!("^{blank}[A-Za-z0-9]{{{min},{max}}}{blank}$"),
            "description": format!("{min} to {max} letters and digits. Case-insensitive; stored in upper case."),
        })
    }
}

impl GenerateCodes {
    /// Returns the request schema of the number and format of generated codes.
    pub fn schema() -> Value {
        let prefix = json!({"type": "string", "pattern": format!("^[A-Za-z0-9]{{0,{MAX_PREFIX_LENGTH}}}$")});
        let length = format!("Number of random characters after the prefix. Default: {DEFAULT_LENGTH}.");
        object(
            "CodesInput",
            "Number and format of the unique codes.",
            &["count"],
            &[
                ("count", integer(COUNTS, "Number of codes to generate.")),
                ("prefix", optional(prefix)),
                ("length", optional(integer(lengths(), &length))),
                (
                    "random_bits",
                    optional(integer(
                        random_bits(),
                        "Minimum number of random bits per code, from which the length is computed. Send either \
                         `random_bits` or `length`.",
                    )),
                ),
                ("allow_guessable", optional(json!({"type": "boolean", "default": false}))),
            ],
        )
    }
}
