//! `GET /v1/workflows/{id}/versions`

use couponflow_app::automation::ports::AutomationStore as _;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Page, Reply, view};

use super::shared::find;
use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<Page<view::WorkflowVersion>> {
    let version = samples::automation::workflow_version();
    OperationDoc::list(tags::WORKFLOWS, "List the published versions of a workflow", version, Vec::new())
        .path_id("WorkflowId")
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<Page<view::WorkflowVersion>> {
    let workflow = find(call).await?;
    let page = call.request.page("", &[])?;
    let page = call.store.workflow_versions(&workflow.id, &page).await.map_err(failure)?;
    Ok(Reply::stored_page(page, |version| view::WorkflowVersion::from(&version)))
}
