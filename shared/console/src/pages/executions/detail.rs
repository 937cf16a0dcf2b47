//! Timeline of an execution.

use askama::Template;
use couponflow_http::Operation;
use serde_json::Value;

use crate::api::{Api, ApiRequest};
use crate::context::Context;
use crate::facts::Execution;
use crate::failure::{PageResult, read, send};
use crate::format;
use crate::layout::Layout;
use crate::response::PageResponse;

#[derive(Template)]
#[template(path = "executions/detail.html")]
struct DetailPage {
    layout: Layout,
    execution: Execution,
}

impl DetailPage {
    /// Whether the execution can be cancelled.
    fn is_under_way(&self) -> bool {
        ["running", "waiting"].contains(&self.execution.status.as_str())
    }

    /// Whether the value has members to show.
    fn has_members(value: &Value) -> bool {
        value.as_object().is_some_and(|members| !members.is_empty())
    }
}

/// Shows the page.
pub(crate) async fn show<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    let execution: Execution = read(context.api, ApiRequest::new(Operation::ReadExecution, id)).await?;
    let title = format!("Execution for {}", execution.event_type);
    let page = DetailPage { layout: Layout::new(context.request, context.person, "executions", title), execution };
    Ok(PageResponse::html(200, page.render()?))
}

/// Runs the execution again from its failed step.
pub(crate) async fn retry<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    send(context.api, ApiRequest::new(Operation::RetryExecution, id)).await?;
    Ok(PageResponse::see_other(format!("../{id}?done=retried")))
}

/// Cancels the execution.
pub(crate) async fn cancel<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    send(context.api, ApiRequest::new(Operation::CancelExecution, id)).await?;
    Ok(PageResponse::see_other(format!("../{id}?done=cancelled")))
}
