//! `GET /v1/workflows/{id}`

use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, view};

use super::shared::{answer, find};
use crate::call::Call;

pub(crate) fn doc() -> OperationDoc<view::Workflow> {
    OperationDoc::json(tags::WORKFLOWS, "Read a workflow", 200, samples::automation::reviewed_workflow())
        .path_id("WorkflowId")
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<view::Workflow> {
    Ok(answer(200, &find(call).await?))
}
