//! List of executions.

use askama::Template;
use couponflow_http::Operation;

use crate::api::{Api, ApiRequest};
use crate::context::Context;
use crate::facts::{Execution, List};
use crate::failure::{PageResult, read};
use crate::format;
use crate::layout::Layout;
use crate::paging::next_page;
use crate::response::PageResponse;

/// Values of the filter by status.
const STATUSES: [&str; 6] = ["running", "waiting", "completed", "failed", "cancelled", "skipped"];

/// Filters by id: query parameter and label.
const IDS: [(&str, &str); 3] =
    [("workflow_id", "Workflow’s id"), ("contact_id", "Contact’s id"), ("event_id", "Event’s id")];

#[derive(Template)]
#[template(path = "executions/list.html")]
struct ListPage<'a> {
    layout: Layout,
    executions: Vec<Execution>,
    status: &'a str,
    /// Name, label and value of each filter by id.
    ids: Vec<(&'static str, &'static str, String)>,
    is_filtered: bool,
    next: String,
}

/// Shows the page.
pub(crate) async fn show<A: Api>(context: &Context<'_, A>) -> PageResult {
    let request = context.request;
    let status = request.query("status");
    let mut list =
        ApiRequest::new(Operation::ListExecutions, "").with("status", status).with("cursor", request.query("cursor"));
    for (name, _) in IDS {
        list = list.with(name, request.query(name).trim());
    }
    let list: List<Execution> = read(context.api, list).await?;
    let ids = IDS.map(|(name, label)| (name, label, request.query(name).to_owned()));
    let page = ListPage {
        layout: Layout::new(request, context.person, "executions", "Executions"),
        executions: list.data,
        status,
        is_filtered: !status.is_empty() || ids.iter().any(|(_, _, value)| !value.is_empty()),
        ids: ids.into(),
        next: next_page(request, list.next_cursor.as_deref()),
    };
    Ok(PageResponse::html(200, page.render()?))
}
