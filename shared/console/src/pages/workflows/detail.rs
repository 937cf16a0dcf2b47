//! Page of a workflow: steps, versions and publication.

use askama::Template;
use couponflow_http::Operation;
use serde_json::json;

use super::filter_rows::{Row, rows};
use super::tree::{Part, parts};
use crate::api::{Api, ApiRequest};
use crate::context::Context;
use crate::facts::{List, Workflow, WorkflowVersion};
use crate::failure::{PageResult, parse, read, send};
use crate::format;
use crate::layout::Layout;
use crate::response::PageResponse;

#[derive(Template)]
#[template(path = "workflows/detail.html")]
struct DetailPage {
    layout: Layout,
    workflow: Workflow,
    filters: Vec<Row>,
    parts: Vec<Part>,
    versions: Vec<WorkflowVersion>,
}

#[derive(Template)]
#[template(path = "workflows/delete.html")]
struct DeletePage {
    layout: Layout,
    workflow: Workflow,
    etag: String,
}

/// Shows the page.
pub(crate) async fn show<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    let document = send(context.api, ApiRequest::new(Operation::ReadWorkflow, id)).await?.body;
    let workflow: Workflow = parse(&document)?;
    let versions = ApiRequest::new(Operation::ListWorkflowVersions, id).with("limit", "20");
    let versions: List<WorkflowVersion> = read(context.api, versions).await?;
    let page = DetailPage {
        layout: Layout::new(context.request, context.person, "workflows", workflow.name.as_str()),
        workflow,
        filters: rows(&document["trigger"]["filters"]),
        parts: parts(&document, false),
        versions: versions.data,
    };
    Ok(PageResponse::html(200, page.render()?))
}

/// Publishes the saved document.
pub(crate) async fn publish<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    send(context.api, ApiRequest::new(Operation::PublishWorkflow, id).json(json!({}))).await?;
    Ok(PageResponse::see_other(format!("../{id}?done=published")))
}

/// Pauses the workflow.
pub(crate) async fn pause<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    send(context.api, ApiRequest::new(Operation::PauseWorkflow, id).json(json!({}))).await?;
    Ok(PageResponse::see_other(format!("../{id}?done=workflow_paused")))
}

/// Makes a published version the saved document.
pub(crate) async fn restore<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    let version = context.request.field("version").parse::<i64>().unwrap_or_default();
    let request = ApiRequest::new(Operation::RestoreWorkflow, id).json(json!({"version": version}));
    send(context.api, request).await?;
    Ok(PageResponse::see_other(format!("../{id}?done=restored")))
}

/// Asks for confirmation of the deletion.
pub(crate) async fn confirm_deletion<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    let response = send(context.api, ApiRequest::new(Operation::ReadWorkflow, id)).await?;
    let workflow: Workflow = parse(&response.body)?;
    let layout = Layout::new(context.request, context.person, "workflows", format!("Delete {}?", workflow.name));
    let page = DeletePage { layout, workflow, etag: response.etag.unwrap_or_default() };
    Ok(PageResponse::html(200, page.render()?))
}

/// Deletes the workflow.
pub(crate) async fn delete<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    let request = ApiRequest::new(Operation::DeleteWorkflow, id).if_match(context.request.field("etag"));
    send(context.api, request).await?;
    Ok(PageResponse::see_other("../../workflows?done=workflow_deleted".to_owned()))
}
