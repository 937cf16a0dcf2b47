//! List of coupons.

use askama::Template;
use couponflow_http::Operation;

use crate::api::{Api, ApiRequest};
use crate::context::Context;
use crate::facts::{Coupon, List};
use crate::failure::{PageResult, read};
use crate::format;
use crate::layout::Layout;
use crate::paging::next_page;
use crate::response::PageResponse;

/// Values of the filter by status.
const STATUSES: [&str; 6] = ["scheduled", "active", "paused", "exhausted", "expired", "deleted"];

#[derive(Template)]
#[template(path = "coupons/list.html")]
struct ListPage<'a> {
    layout: Layout,
    coupons: Vec<Coupon>,
    /// Query of the next page. Empty on the last page.
    next: String,
    code: &'a str,
    status: &'a str,
    is_generated: bool,
    is_filtered: bool,
}

/// Shows the page.
pub(crate) async fn show<A: Api>(context: &Context<'_, A>) -> PageResult {
    let request = context.request;
    let (code, status) = (request.query("code").trim(), request.query("status"));
    // A search by code also finds generated coupons, and cannot be combined with this filter.
    let is_generated = request.query("generated") == "true" && code.is_empty();
    let mut list = ApiRequest::new(Operation::ListCoupons, "")
        .with("code", code)
        .with("status", status)
        .with("cursor", request.query("cursor"));
    if is_generated {
        list = list.with("generated", "true");
    }
    let list: List<Coupon> = read(context.api, list).await?;
    let page = ListPage {
        layout: Layout::new(request, context.person, "coupons", "Coupons"),
        coupons: list.data,
        next: next_page(request, list.next_cursor.as_deref()),
        code,
        status,
        is_generated,
        is_filtered: !(code.is_empty() && status.is_empty() && request.query("cursor").is_empty()) || is_generated,
    };
    Ok(PageResponse::html(200, page.render()?))
}
