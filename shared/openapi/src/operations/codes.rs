//! Ports for unique codes and for the jobs that issue unique codes. The codes of a job have
//! positions, numbered from 0. A job issues its codes in batches.

use couponflow_domain::coupons::code::CodeStatus;
use couponflow_http::Operation;
use serde_json::{Value, json};
use strum::VariantArray as _;

use crate::operation_doc::OperationDoc;
use crate::parameters::filter;
use crate::{list_page, samples, tags};

/// Rule for `length` and `random_bits`: how many random characters or bits a generated code has.
const CODE_SPACE_RULE: &str = "must not be combined with the other member (`length` or `random_bits`), must give at \
                               least 60 random bits unless `allow_guessable` is true, must allow at least 100 times \
                               `count` different codes, and must result in codes of 3 to 40 characters including the \
                               prefix";

/// Schema of a CSV file with one code per line and an optional header line.
fn file() -> Value {
    let line = "[A-Za-z0-9]{3,40}";
    json!({"type": "string", "pattern": format!(r"^(code\r?\n)?{line}(\r?\n{line})*(\r?\n)?$")})
}

pub(crate) fn issue() -> OperationDoc {
    OperationDoc::new(tags::COUPONS, "Issue unique codes", 202, "Job", samples::job())
        .description(
            "Starts a job that issues unique codes. A JSON body generates codes. A CSV body imports codes, one per \
             line. Each code can be redeemed once. An invalid CSV file is rejected as a whole, and the response lists \
             all faults by line. The `errors` of the job list codes that are already taken.",
        )
        .path_id("CouponId")
        .body("CodesInput", true, &[("a_thousand", samples::generate_codes())])
        .alternative_body("text/csv", file(), "code\r\nVIP7K2M\r\nVIP9QXR\r\n")
        .rule("/length", CODE_SPACE_RULE)
        .rule("/random_bits", CODE_SPACE_RULE)
        .rule("line:*", "must contain a code that no other line contains, and the file must have at most 100000 lines")
        .link(Operation::ReadJob, "/id")
}

pub(crate) fn list() -> OperationDoc {
    let statuses = CodeStatus::VARIANTS;
    let status = filter("status", "Only codes with this status.", json!({"type": "string", "enum": statuses}));
    OperationDoc::new(
        tags::COUPONS,
        "List unique codes",
        200,
        "UniqueCodePage",
        list_page::example(samples::unique_code()),
    )
    .description(
        "Sorted by code. With `Accept: text/csv`, the response is a CSV file, `limit` can be up to 10000, and the \
         `Link` header has the URL of the next rows.",
    )
    .path_id("CouponId")
    .list(vec![status])
    .alternative_response("text/csv", json!({"type": "string"}), &samples::unique_code_file())
}

pub(crate) fn read_job() -> OperationDoc {
    OperationDoc::new(tags::COUPONS, "Read a job", 200, "Job", samples::job()).path_id("JobId")
}
