//! `GET /v1/workflow-templates`

use couponflow_domain::automation::workflow_template::WorkflowTemplate;
use couponflow_http::doc::{OperationDoc, tags};
use couponflow_http::{EndpointResult, Page, Reply};

use crate::call::Call;

pub(crate) fn doc() -> OperationDoc<Page<WorkflowTemplate>> {
    let first = WorkflowTemplate::shipped().into_iter().take(1);
    OperationDoc::json(tags::WORKFLOWS, "List workflow templates", 200, Page::new(first, None))
        .description("Ready-made workflows with parameters.")
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<Page<WorkflowTemplate>> {
    call.request.only(&[])?;
    Ok(Reply::page(WorkflowTemplate::shipped(), None))
}
