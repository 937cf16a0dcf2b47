//! `GET /v1/workflows`

use couponflow_app::automation::ports::AutomationStore as _;
use couponflow_domain::kernel::ids::WorkflowId;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Operation, Page, Reply, view};

use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<Page<view::Workflow>> {
    OperationDoc::list(tags::WORKFLOWS, "List workflows", samples::automation::workflow(), Vec::new())
        .link(Operation::ReadWorkflow, "/data/0/id")
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<Page<view::Workflow>> {
    let page = call.request.page(WorkflowId::PREFIX, &[])?;
    let page = call.store.workflows(&page).await.map_err(failure)?;
    Ok(Reply::stored_page(page, |workflow| view::Workflow::listed(&workflow)))
}
