//! `GET /v1/coupons/{id}/codes`

use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_app::kernel::page::PageRequest;
use couponflow_aws::dynamo::TenantStore;
use couponflow_domain::coupons::code::{CodeStatus, CouponCode};
use couponflow_domain::kernel::ids::CouponId;
use couponflow_http::cursor::encode_cursor;
use couponflow_http::doc::parameters::choice;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Page, PageLimit, Problem, Reply, view};
use serde_json::json;

use super::shared::find;
use crate::call::Call;
use crate::reply::failure;

/// Maximum number of rows of one CSV response. Lambda limits a response to 6 MB, and a row has at
/// most 140 bytes.
const ROWS: PageLimit = PageLimit { usual: 10_000, most: 10_000 };

/// Number of codes that an export reads from the store in one call.
const PAGE_SIZE: usize = 1000;

pub(crate) fn doc() -> OperationDoc<Page<view::UniqueCode>> {
    let status = choice::<CodeStatus>("status", "Only codes with this status.");
    OperationDoc::list(tags::COUPONS, "List unique codes", samples::codes::unique_code(), vec![status])
        .description(
            "Sorted by code. With `Accept: text/csv`, the response is a CSV file, and `limit` can be up to 10000. If \
             more rows follow, the `Link` header has the URL of the next rows. With `status`, a page can be short or \
             empty although more pages follow.",
        )
        .path_id("CouponId")
        .alternative_response("text/csv", json!({"type": "string"}), &samples::codes::unique_code_file())
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<Page<view::UniqueCode>> {
    let coupon = find(call).await?;
    let request = call.request;
    let status = request.query_enum("status")?;
    let as_csv = request.names("accept", "text/csv");
    let page = if as_csv { request.page_of(ROWS, "", &["status"])? } else { request.page("", &["status"])? };
    if page.cursor.as_ref().is_some_and(|cursor| CouponCode::parse(cursor.as_str()).is_err()) {
        return Err(Problem::invalid_cursor());
    }
    if as_csv {
        return export(call.store, &coupon.id, status, page).await;
    }
    let page = call.store.unique_codes(&coupon.id, status, &page).await.map_err(failure)?;
    Ok(Reply::stored_page(page, |code| view::UniqueCode::from(&code)))
}

/// Exports codes as CSV. Appends each page to the text as soon as the page is read, so that only
/// the text is kept in memory. The number of pages per response is limited. If few of the codes
/// have the status, the response can therefore have fewer rows than requested, and a link to the
/// next rows.
async fn export(
    store: &TenantStore,
    coupon: &CouponId,
    status: Option<CodeStatus>,
    page: PageRequest,
) -> EndpointResult<Page<view::UniqueCode>> {
    let mut text = view::UNIQUE_CODE_HEADER.to_owned();
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
        format!("cursor={}&limit={}{status}", encode_cursor(&cursor), page.limit)
    });
    Ok(Reply::csv(text, next))
}
