//! `POST /v1/coupons/{id}/codes`

use couponflow_app::coupons::edit;
use couponflow_app::coupons::jobs::{start, start_import};
use couponflow_app::kernel::system::{Clock as _, Rng as _};
use couponflow_aws::system::System;
use couponflow_domain::coupons::code::{GenerateCodes, Seed, read_code_list};
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::coupons::job::{Job, JobKind};
use couponflow_domain::kernel::ids::{CouponId, JobId};
use couponflow_domain::kernel::input;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Operation, Problem, ProblemCode, Reply, view};
use serde_json::{Value, json};

use crate::call::Call;
use crate::reply::failure;

/// Maximum size of a CSV file, in bytes. Lambda limits a request to 6 MB. The request is larger
/// than the file, because the gateway escapes characters of the file.
const MAX_CSV: usize = 4_000_000;

/// Rule for `length` and `random_bits`, which are two ways to say how long generated codes are.
const CODE_SPACE_RULE: &str = "must not be combined with its alternative (`length` or `random_bits`), must result in \
     codes of 3 to 40 characters including the prefix, must result in at least 60 random bits per code unless \
     `allow_guessable` is true, and must allow at least 100 times `count` different codes";

/// Schema of a CSV file with one code per line and an optional header line.
fn file() -> Value {
    let line = "[A-Za-z0-9]{3,40}";
    json!({"type": "string", "pattern": format!(r"^(code\r?\n)?{line}(\r?\n{line})*(\r?\n)?$")})
}

pub(crate) fn doc() -> OperationDoc<view::Job> {
    OperationDoc::json(tags::COUPONS, "Issue unique codes", 202, samples::coupons::job())
        .description(
            "Starts a job that issues unique codes. A JSON body generates codes. A CSV body imports codes, one per \
             line. Each code can be redeemed once. An invalid CSV file is rejected as a whole. The response lists up \
             to 1000 faults by line, and the number of further faults. The `errors` of the job list up to 1000 \
             imported codes that are already taken. `failed` counts all of them.",
        )
        .path_id("CouponId")
        .own_body("CodesInput", GenerateCodes::schema(), true, &[("a_thousand", samples::coupons::generate_codes())])
        .alternative_body("text/csv", file(), "code\r\nVIP7K2M\r\nVIP9QXR\r\n")
        .rule("/length", CODE_SPACE_RULE)
        .rule("/random_bits", CODE_SPACE_RULE)
        .rule(
            "line:*",
            "must contain a code that no other line contains, unless the line is empty or is the header `code` on the \
             first line, and the file must have at most 100000 codes",
        )
        .fails_with([ProblemCode::QuotaExceeded])
        .link(Operation::ReadJob, "/id")
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<view::Job> {
    let id = call.id(CouponId::parse, "coupon")?;
    let coupon = edit::existing(call.store, &id).await.map_err(failure)?;
    let coupon = coupon.ok_or_else(|| Problem::not_found("coupon"))?;
    let job = match call.request.names("content-type", "text/csv") {
        true => import(call, &coupon).await?,
        false => generate(call, &coupon).await?,
    };
    let location = format!("/v1/jobs/{}", job.id);
    Ok(Reply::json(202, &view::Job::from(&job)).with_header("location", location))
}

async fn generate(call: &Call<'_>, coupon: &Coupon) -> Result<Job, Problem> {
    if !call.request.may_be_json() {
        return Err(Problem::unsupported_media_type("application/json, or text/csv for a file of codes"));
    }
    let wanted = call.request.body(|body| input::read(body, GenerateCodes::read))?;
    let seed = Seed(std::array::from_fn(|_| System.bits()));
    let job = new_job(call, coupon, JobKind::GenerateCodes(wanted.generator(seed)), wanted.count);
    start(call.store, &job)
        .await
        .map_err(failure)?
        .map_err(|exceeded| Problem::conflict(ProblemCode::QuotaExceeded, exceeded.to_string()))
}

async fn import(call: &Call<'_>, coupon: &Coupon) -> Result<Job, Problem> {
    let listed = read_code_list(&call.request.bytes(MAX_CSV)?).map_err(Problem::invalid)?;
    let job = new_job(call, coupon, JobKind::ImportCodes, listed.len() as i64);
    let started = start_import(call.store, &job, &listed).await.map_err(failure)?;
    started.map_err(|exceeded| Problem::conflict(ProblemCode::QuotaExceeded, exceeded.to_string()))
}

fn new_job(call: &Call<'_>, coupon: &Coupon, work: JobKind, count: i64) -> Job {
    let id = JobId::new(call.seed.at, call.seed.bits);
    Job::new(id, coupon.id.clone(), work, count, System.now())
}
