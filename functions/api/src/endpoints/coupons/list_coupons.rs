//! `GET /v1/coupons`

use chrono::{DateTime, Utc};
use couponflow_app::coupons::ports::{Code, CouponQuery, CouponStore as _};
use couponflow_app::kernel::page::Page;
use couponflow_app::kernel::system::Clock as _;
use couponflow_aws::dynamo::TenantStore;
use couponflow_aws::system::System;
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::coupons::coupon::{Coupon, Status};
use couponflow_domain::kernel::ids::CouponId;
use couponflow_http::doc::parameters::{choice, filter};
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Operation, Page as PageView, Problem, Reply, view};
use serde_json::json;

use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<PageView<view::Coupon>> {
    let filters = vec![
        filter(
            "code",
            "Only the coupon with this code: the coupon's own code or one of its unique codes. Also finds coupons \
             that workflow steps generated.",
            CouponCode::schema(),
        ),
        choice::<Status>("status", "Only coupons with this status. Default: all coupons except deleted ones."),
        filter(
            "generated",
            "`true` lists coupons that workflow steps generated. `false` lists coupons that were created through the \
             API, and coupons that were generated before this parameter existed. Cannot be combined with `code`.",
            json!({"type": "boolean", "default": false}),
        ),
    ];
    OperationDoc::list(tags::COUPONS, "List coupons", samples::coupons::coupon(), filters)
        .description(
            "Newest first. One request examines at most about 100 coupons. Therefore, with `status`, a page can be \
             short or empty and still have a `next_cursor`.",
        )
        .rule("?generated", "cannot be combined with `code`")
        .link(Operation::ReadCoupon, "/data/0/id")
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<PageView<view::Coupon>> {
    let now = System.now();
    let request = call.request;
    let is_generated = |text: &str| match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("must be true or false"),
    };
    let code = request.query_as("code", CouponCode::parse)?;
    let generated = request.query_as("generated", is_generated)?;
    if code.is_some() && generated.is_some() {
        let detail = "cannot be combined with code; remove one of them (code also finds generated coupons)";
        return Err(Problem::invalid_parameter("generated", detail));
    }
    let query = CouponQuery { is_generated: generated.unwrap_or(false), status: request.query_enum("status")? };
    let page = request.page(CouponId::PREFIX, &["code", "status", "generated"])?;
    let page = match code {
        Some(code) => Page::new(with_code(call.store, &code, query, now).await?, None),
        None => call.store.coupons(query, &page, now).await.map_err(failure)?,
    };
    Ok(Reply::stored_page(page, |coupon| view::Coupon::new(&coupon, now)))
}

/// Returns the coupon with this shared or unique code. Returns an empty list if no coupon has the
/// code, or if the coupon does not match the query.
async fn with_code(
    store: &TenantStore,
    code: &CouponCode,
    query: CouponQuery,
    now: DateTime<Utc>,
) -> Result<Vec<Coupon>, Problem> {
    let id = match store.code(code).await.map_err(failure)? {
        None => return Ok(Vec::new()),
        Some(Code::Shared(id)) => id,
        Some(Code::Unique(unique)) => unique.coupon_id,
    };
    let coupon = store.coupon(&id).await.map_err(failure)?;
    Ok(coupon.filter(|coupon| query.matches(coupon, now)).into_iter().collect())
}
