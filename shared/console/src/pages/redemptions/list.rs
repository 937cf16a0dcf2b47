//! Search for redemptions.

use askama::Template;
use couponflow_http::Operation;

use crate::api::{Api, ApiRequest};
use crate::context::Context;
use crate::facts::{List, Redemption};
use crate::failure::{Failure, PageResult, read};
use crate::format;
use crate::layout::Layout;
use crate::paging::next_page;
use crate::response::PageResponse;

/// Filters: query parameter and label.
const FILTERS: [(&str, &str); 5] = [
    ("code", "Code"),
    ("order_id", "Order"),
    ("customer_email", "Customer’s e-mail address"),
    ("customer_id", "Customer’s id"),
    ("coupon_id", "Coupon’s id"),
];

#[derive(Template)]
#[template(path = "redemptions/list.html")]
struct ListPage {
    layout: Layout,
    redemptions: Vec<Redemption>,
    /// Name, label, value and fault of each filter.
    filters: Vec<(&'static str, &'static str, String, String)>,
    is_filtered: bool,
    next: String,
}

/// Shows the page.
pub(crate) async fn show<A: Api>(context: &Context<'_, A>) -> PageResult {
    let request = context.request;
    let mut list = ApiRequest::new(Operation::ListRedemptions, "").with("cursor", request.query("cursor"));
    for (name, _) in FILTERS {
        list = list.with(name, request.query(name).trim());
    }
    let (list, failure) = match read::<List<Redemption>>(context.api, list).await {
        Ok(list) => (list, None),
        Err(failure) if failure.status == 422 && !failure.faults.is_empty() => {
            (List { data: Vec::new(), next_cursor: None }, Some(failure))
        }
        Err(failure) => return Err(failure),
    };
    let fault = |name: &str| failure.as_ref().map(|failure| fault_of(failure, name)).unwrap_or_default();
    let filters = FILTERS.map(|(name, label)| (name, label, request.query(name).to_owned(), fault(name)));
    let page = ListPage {
        layout: Layout::new(request, context.person, "redemptions", "Redemptions"),
        redemptions: list.data,
        is_filtered: filters.iter().any(|(_, _, value, _)| !value.is_empty()),
        filters: filters.into(),
        next: next_page(request, list.next_cursor.as_deref()),
    };
    let status = failure.map_or(200, |failure| failure.status);
    Ok(PageResponse::html(status, page.render()?))
}

/// Returns the fault of a query parameter, or an empty text.
fn fault_of(failure: &Failure, name: &str) -> String {
    let fault = failure.faults.iter().find(|fault| fault.pointer.strip_prefix('?') == Some(name));
    fault.map(|fault| fault.detail.clone()).unwrap_or_default()
}
