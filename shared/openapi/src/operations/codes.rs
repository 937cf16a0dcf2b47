//! Unique codes and the jobs that issue them.

use couponflow_domain::coupons::code::CodeStatus;
use couponflow_http::Operation;
use serde_json::{Value, json};

use crate::operation_doc::OperationDoc;
use crate::parameters::filter;
use crate::{list_page, samples, tags};

/// Rule for the number of random characters or bits of generated codes.
const CODE_SPACE_RULE: &str = "must give at least 60 random bits (unless `allow_guessable` is true), allow at least 100 times \
                    `count` different codes, make codes of 3 to 40 characters including the prefix, and not be \
                    combined with the other one of `length` and `random_bits`";

/// Schema of a CSV file with one code per line and an optional header line.
fn file() -> Value {
    let line = "[A-Za-z0-9]{3,40}";
    json!({"type": "string", "pattern": format!(r"^(code\r?\n)?{line}(\r?\n{line})*(\r?\n)?$")})
}

pub(crate) fn issue() -> OperationDoc {
    OperationDoc::new(tags::COUPONS, "Issue unique codes", 202, "Job", samples::job())
        .description(
            "Starts a job that generates codes, or imports the codes of a CSV file with one code per line. Each code \
             can be redeemed once. An invalid file is rejected as a whole, and the response lists all faults by \
             line. Codes that are already taken are listed in the job's `errors`.",
        )
        .path_id("CouponId")
        .body("CodesInput", true, &[("a_thousand", samples::generate_codes())])
        .alternative_body("text/csv", file(), "code\r\nVIP7K2M\r\nVIP9QXR\r\n")
        .rule("/length", CODE_SPACE_RULE)
        .rule("/random_bits", CODE_SPACE_RULE)
        .rule("line:*", "must be one of at most 100000 lines and have a different code than all other lines")
        .link(Operation::ReadJob, "/id")
}

pub(crate) fn list() -> OperationDoc {
    let statuses = CodeStatus::ALL.map(CodeStatus::name);
    let status = filter("status", "Only codes with this status.", json!({"type": "string", "enum": statuses}));
    OperationDoc::new(
        tags::COUPONS,
        "List unique codes",
        200,
        "UniqueCodePage",
        list_page::example(samples::unique_code()),
    )
    .description(
        "Sorted by code. With `Accept: text/csv`, the response is a CSV file with a `Link` header to the next rows; \
         `limit` can then be up to 10000.",
    )
    .path_id("CouponId")
    .list(vec![status])
    .alternative_response("text/csv", json!({"type": "string"}), &samples::unique_code_file())
}

pub(crate) fn read_job() -> OperationDoc {
    OperationDoc::new(tags::COUPONS, "Read a job", 200, "Job", samples::job()).path_id("JobId")
}
