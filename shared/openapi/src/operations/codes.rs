//! Unique codes and the jobs that issue them.

use couponflow_domain::code::CodeStatus;
use couponflow_http::Operation;
use serde_json::{Value, json};

use super::page;
use crate::entry::Entry;
use crate::parameters::filter;
use crate::samples;

const TAG: &str = "Coupons";
const ROOM: &str = "comes to 60 random bits unless `allow_guessable` is true, leaves room for a hundred times the codes, and \
                    with the prefix makes codes of 3 to 40 characters; it stands alone";

/// A code a line, below a header or none.
fn file() -> Value {
    let line = "[A-Za-z0-9]{3,40}";
    json!({"type": "string", "pattern": format!(r"^(code\r?\n)?{line}(\r?\n{line})*(\r?\n)?$")})
}

pub(crate) fn issue() -> Entry {
    Entry::new(TAG, "Issue unique codes", 202, "Job", samples::job())
        .described(
            "A job generates codes, or takes over those of a CSV file with one code a line. Each is good for one redemption \
             of the coupon. A file with faults is refused with all of them, by line; a code that another coupon has is \
             told by the job.",
        )
        .of("CouponId")
        .body("CodesInput", true, &[("a_thousand", samples::generate_codes())])
        .or_body("text/csv", file(), "code\r\nVIP7K2M\r\nVIP9QXR\r\n")
        .rule("/length", ROOM)
        .rule("/random_bits", ROOM)
        .rule("line:*", "is one of at most 100000, and has a code that no other line has")
        .link(Operation::ReadJob, "/id")
}

pub(crate) fn list() -> Entry {
    let statuses = CodeStatus::ALL.map(CodeStatus::name);
    let status = filter("status", "With this status.", json!({"type": "string", "enum": statuses}));
    Entry::new(TAG, "List unique codes", 200, "UniqueCodePage", page(samples::unique_code()))
        .described(
            "In their order. With `Accept: text/csv` as a file: up to 10000 rows an answer, which is also the most that \
             `limit` may ask for then, and a `Link` to the rest.",
        )
        .of("CouponId")
        .list(vec![status])
        .or_answer("text/csv", json!({"type": "string"}), &samples::unique_code_file())
}

pub(crate) fn read_job() -> Entry {
    Entry::new(TAG, "Read a job", 200, "Job", samples::job()).of("JobId")
}
