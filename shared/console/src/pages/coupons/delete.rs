//! Confirmation that deletes a coupon.

use askama::Template;
use couponflow_http::Operation;

use crate::api::{Api, ApiRequest};
use crate::context::Context;
use crate::facts::Coupon;
use crate::failure::{PageResult, parse, send};
use crate::layout::Layout;
use crate::response::PageResponse;

#[derive(Template)]
#[template(path = "coupons/delete.html")]
struct DeletePage {
    layout: Layout,
    coupon: Coupon,
    etag: String,
}

/// Asks for confirmation.
pub(crate) async fn show<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    let response = send(context.api, ApiRequest::new(Operation::ReadCoupon, id)).await?;
    let coupon: Coupon = parse(&response.body)?;
    let title = format!("Delete {}?", coupon.name);
    let layout = Layout::new(context.request, context.person, "coupons", title);
    let page = DeletePage { layout, coupon, etag: response.etag.unwrap_or_default() };
    Ok(PageResponse::html(200, page.render()?))
}

/// Deletes the coupon.
pub(crate) async fn submit<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    let request = ApiRequest::new(Operation::DeleteCoupon, id).if_match(context.request.field("etag"));
    send(context.api, request).await?;
    Ok(PageResponse::see_other("../../coupons?done=deleted".to_owned()))
}
