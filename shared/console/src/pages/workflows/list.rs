//! List of workflows.

use askama::Template;
use couponflow_http::Operation;

use crate::api::{Api, ApiRequest};
use crate::context::Context;
use crate::facts::{List, Workflow};
use crate::failure::{PageResult, read};
use crate::format;
use crate::layout::Layout;
use crate::paging::next_page;
use crate::response::PageResponse;

#[derive(Template)]
#[template(path = "workflows/list.html")]
struct ListPage {
    layout: Layout,
    workflows: Vec<Workflow>,
    next: String,
}

/// Shows the page.
pub(crate) async fn show<A: Api>(context: &Context<'_, A>) -> PageResult {
    let request = context.request;
    let list = ApiRequest::new(Operation::ListWorkflows, "").with("cursor", request.query("cursor"));
    let list: List<Workflow> = read(context.api, list).await?;
    let page = ListPage {
        layout: Layout::new(request, context.person, "workflows", "Workflows"),
        workflows: list.data,
        next: next_page(request, list.next_cursor.as_deref()),
    };
    Ok(PageResponse::html(200, page.render()?))
}
