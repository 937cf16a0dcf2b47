//! Unique codes and the jobs that issue them.

use couponflow_domain::code::CodeStatus;
use couponflow_http::Operation;
use serde_json::{Value, json};

use super::page;
use crate::entry::Entry;
use crate::parameters::filter;
use crate::samples;

const TAG: &str = "Coupons";
/// Rule for the number of random characters or bits of generated codes.
const ROOM: &str = "must give at least 60 random bits (unless `allow_guessable` is true), allow at least 100 times \
                    `count` different codes, make codes of 3 to 40 characters including the prefix, and not be \
                    combined with the other one of `length` and `random_bits`";

/// Schema of a CSV file with one code per line and an optional header line.
fn file() -> Value {
    let line = "[A-Za-z0-9]{3,40}";
    json!({"type": "string", "pattern": format!(r"^(code\r?\n)?{line}(\r?\n{line})*(\r?\n)?$")})
}

pub(crate) fn issue() -> Entry {
    Entry::new(TAG, "Issue unique codes", 202, "Job", samples::job())
        .described(
            "Starts a job that generates codes, or imports the codes of a CSV file with one code per line. Each code \
             can be redeemed once. A file with faults is rejected, and all faults are listed by line. Codes that are \
             already taken are listed in the job's `errors`.",
        )
        .of("CouponId")
        .body("CodesInput", true, &[("a_thousand", samples::generate_codes())])
        .or_body("text/csv", file(), "code\r\nVIP7K2M\r\nVIP9QXR\r\n")
        .rule("/length", ROOM)
        .rule("/random_bits", ROOM)
        .rule("line:*", "must be one of at most 100000 lines and have a different code than all other lines")
        .link(Operation::ReadJob, "/id")
}

pub(crate) fn list() -> Entry {
    let statuses = CodeStatus::ALL.map(CodeStatus::name);
    let status = filter("status", "Only codes with this status.", json!({"type": "string", "enum": statuses}));
    Entry::new(TAG, "List unique codes", 200, "UniqueCodePage", page(samples::unique_code()))
        .described(
            "Sorted by code. With `Accept: text/csv` the response is a CSV file of up to 10000 rows, which is then \
             also the maximum of `limit`, with a `Link` header to the next rows.",
        )
        .of("CouponId")
        .list(vec![status])
        .or_answer("text/csv", json!({"type": "string"}), &samples::unique_code_file())
}

pub(crate) fn read_job() -> Entry {
    Entry::new(TAG, "Read a job", 200, "Job", samples::job()).of("JobId")
}
