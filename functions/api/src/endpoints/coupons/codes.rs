//! Endpoints for the unique codes of a coupon and the jobs that issue them.

use couponflow_app::coupons::code_ports::{Jobs as _, UniqueCodes as _};
use couponflow_app::coupons::edit;
use couponflow_app::coupons::jobs::{start, start_import};
use couponflow_app::kernel::page::PageRequest;
use couponflow_app::kernel::system::{Clock as _, Rng as _};
use couponflow_app::tenants::idempotency::Seed;
use couponflow_aws::dynamo::TenantStore;
use couponflow_aws::system::System;
use couponflow_domain::coupons::code;
use couponflow_domain::coupons::code::{CodeStatus, CouponCode, GenerateCodes, read_code_list};
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::coupons::job::{Job, JobKind};
use couponflow_domain::kernel::ids::{CouponId, JobId};
use couponflow_domain::kernel::input;
use couponflow_http::cursor::encode_cursor;
use couponflow_http::{Answer, PageLimit, Problem, Request, view};

use crate::endpoints::coupons::coupon;
use crate::reply::{EndpointResult, failure, id};

/// Maximum size of a CSV file, in bytes. Lambda limits a request to 6 MB, and the gateway enlarges
/// the file because it escapes characters.
const MAX_CSV: usize = 4_000_000;

/// Maximum number of rows of one CSV response. Lambda limits a response to 6 MB, and a row has at
/// most 140 bytes.
const ROWS: PageLimit = PageLimit { usual: 10_000, most: 10_000 };

/// Number of codes that an export reads from the store in one call.
const PAGE_SIZE: usize = 1000;

pub(crate) async fn issue(store: &TenantStore, request: &Request, coupon_id: &str, identity: Seed) -> EndpointResult {
    let id = id(CouponId::parse, coupon_id, "coupon")?;
    let coupon = edit::existing(store, &id).await.map_err(failure)?.ok_or_else(|| Problem::not_found("coupon"))?;
    let job = match request.names("content-type", "text/csv") {
        true => import(store, request, &coupon, identity).await?,
        false => generate(store, request, &coupon, identity).await?,
    };
    let location = format!("/v1/jobs/{}", job.id);
    Ok(Answer::json(202, view::job(&job)).with_header("location", location))
}

async fn generate(store: &TenantStore, request: &Request, coupon: &Coupon, identity: Seed) -> Result<Job, Problem> {
    let wanted = request.body(|body| input::read(body, GenerateCodes::read))?;
    let seed = code::Seed(std::array::from_fn(|_| System.bits()));
    let job = new_job(coupon, JobKind::GenerateCodes(wanted.generator(seed)), wanted.count, identity);
    start(store, &job).await.map_err(failure)
}

async fn import(store: &TenantStore, request: &Request, coupon: &Coupon, identity: Seed) -> Result<Job, Problem> {
    let listed = read_code_list(&request.bytes(MAX_CSV)?).map_err(Problem::invalid)?;
    let job = new_job(coupon, JobKind::ImportCodes, listed.len() as i64, identity);
    start_import(store, &job, &listed).await.map_err(failure)
}

fn new_job(coupon: &Coupon, work: JobKind, count: i64, identity: Seed) -> Job {
    let id = JobId::new(identity.at, identity.bits);
    Job::new(id, coupon.id.clone(), work, count, System.now())
}

pub(crate) async fn read_job(store: &TenantStore, job_id: &str) -> EndpointResult {
    let id = id(JobId::parse, job_id, "job")?;
    let job = store.job(&id).await.map_err(failure)?.ok_or_else(|| Problem::not_found("job"))?;
    Ok(Answer::json(200, view::job(&job)))
}

pub(crate) async fn list(store: &TenantStore, request: &Request, coupon_id: &str) -> EndpointResult {
    let coupon = coupon::find(store, coupon_id).await?;
    let status = |name: &str| name.parse::<CodeStatus>().map_err(|_| "must be available or redeemed");
    let status = request.query_as("status", status)?;
    let as_csv = request.names("accept", "text/csv");
    let page = if as_csv { request.page_of(ROWS, "", &["status"])? } else { request.page("", &["status"])? };
    if page.cursor.as_deref().is_some_and(|cursor| CouponCode::parse(cursor).is_err()) {
        return Err(Problem::invalid_cursor());
    }
    if as_csv {
        return export(store, &coupon.id, status, page).await;
    }
    let page = store.unique_codes(&coupon.id, status, &page).await.map_err(failure)?;
    Ok(Answer::page(page.data.iter().map(view::unique_code).collect(), page.next_cursor))
}

/// Exports codes as CSV. Appends each page to the text as soon as the page is read, so that only
/// the text is kept in memory.  Reads a fixed number of pages at most. If few of the codes have the
/// status, the response therefore has fewer rows than requested, and a link to the remaining codes.
async fn export(
    store: &TenantStore,
    coupon: &CouponId,
    status: Option<CodeStatus>,
    page: PageRequest,
) -> EndpointResult {
    let mut text = view::unique_code_header().to_owned();
    let (mut left, mut cursor) = (page.limit, page.cursor);
    for _ in 0..page.limit.div_ceil(PAGE_SIZE) {
        let read = PageRequest { limit: left.min(PAGE_SIZE), cursor };
        let found = store.unique_codes(coupon, status, &read).await.map_err(failure)?;
        text.extend(found.data.iter().map(view::unique_code_row));
        left -= found.data.len();
        cursor = found.next_cursor;
        if left == 0 || cursor.is_none() {
            break;
        }
    }
    let next = cursor.map(|cursor| {
        let status = status.map(|status| format!("&status={}", status.into_str())).unwrap_or_default();
        format!("cursor={}&limit={}{status}", encode_cursor(cursor), page.limit)
    });
    Ok(Answer::csv(text, next))
}
