//! Home: what needs attention.

use askama::Template;
use couponflow_http::Operation;

use crate::api::{Api, ApiRequest};
use crate::context::Context;
use crate::facts::{Coupon, Execution, List, Statistics};
use crate::failure::{PageResult, read};
use crate::format;
use crate::layout::Layout;
use crate::response::PageResponse;

/// Number of the newest active coupons that the page examines.
const EXAMINED: &str = "100";

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    layout: Layout,
    near_limit: Vec<Coupon>,
    near_expiry: Vec<Coupon>,
    exhausted: Vec<Coupon>,
    failed: Vec<Execution>,
    /// Attempts with unknown codes today.
    unknown_codes: i64,
    /// Whether there are more active coupons than the page examined.
    has_more: bool,
    is_empty: bool,
}

/// Shows the page.
pub(crate) async fn show<A: Api>(context: &Context<'_, A>) -> PageResult {
    let today = context.request.now.date_naive().to_string();
    let coupons = |status: &str, limit: &str| {
        ApiRequest::new(Operation::ListCoupons, "").with("status", status).with("limit", limit)
    };
    let failed = ApiRequest::new(Operation::ListExecutions, "").with("status", "failed").with("limit", "10");
    let statistics = ApiRequest::new(Operation::ReadStatistics, "").with("from", &today).with("to", &today);
    let active: List<Coupon> = read(context.api, coupons("active", EXAMINED)).await?;
    let exhausted: List<Coupon> = read(context.api, coupons("exhausted", "10")).await?;
    let failed: List<Execution> = read(context.api, failed).await?;
    let statistics: Statistics = read(context.api, statistics).await?;
    let page = HomePage {
        layout: Layout::new(context.request, context.person, "home", "Home"),
        is_empty: active.data.is_empty() && active.next_cursor.is_none() && exhausted.data.is_empty(),
        near_limit: active.data.iter().filter(|coupon| coupon.is_near_limit()).cloned().collect(),
        near_expiry: active.data.iter().filter(|coupon| coupon.is_near_expiry(context.request.now)).cloned().collect(),
        exhausted: exhausted.data,
        failed: failed.data,
        unknown_codes: statistics.time_series.iter().map(|day| day.counts.all_rejected()).sum(),
        has_more: active.next_cursor.is_some(),
    };
    Ok(PageResponse::html(200, page.render()?))
}
