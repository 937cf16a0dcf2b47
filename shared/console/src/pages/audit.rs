//! Audit log: who changed what.

use askama::Template;
use couponflow_http::Operation;

use crate::api::{Api, ApiRequest};
use crate::context::Context;
use crate::facts::{AuditEntry, List};
use crate::failure::{PageResult, read};
use crate::format;
use crate::layout::Layout;
use crate::paging::next_page;
use crate::response::PageResponse;

/// Filters: query parameter and label.
const FILTERS: [(&str, &str); 2] = [("key_id", "Key’s id"), ("target", "Id of what was changed")];

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    layout: Layout,
    entries: Vec<AuditEntry>,
    filters: Vec<(&'static str, &'static str, String)>,
    is_filtered: bool,
    next: String,
}

/// Shows the page.
pub(crate) async fn show<A: Api>(context: &Context<'_, A>) -> PageResult {
    let request = context.request;
    let mut list = ApiRequest::new(Operation::ListAuditEntries, "").with("cursor", request.query("cursor"));
    for (name, _) in FILTERS {
        list = list.with(name, request.query(name).trim());
    }
    let list: List<AuditEntry> = read(context.api, list).await?;
    let filters = FILTERS.map(|(name, label)| (name, label, request.query(name).to_owned()));
    let page = AuditPage {
        layout: Layout::new(request, context.person, "audit", "Audit log"),
        entries: list.data,
        is_filtered: filters.iter().any(|(_, _, value)| !value.is_empty()),
        filters: filters.into(),
        next: next_page(request, list.next_cursor.as_deref()),
    };
    Ok(PageResponse::html(200, page.render()?))
}
