//! `POST /v1/workflows/{id}/pause`

use couponflow_app::automation::edit_workflow;
use couponflow_app::kernel::system::Clock as _;
use couponflow_aws::system::System;
use couponflow_domain::kernel::ids::WorkflowId;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, ProblemCode, view};

use super::shared::edited;
use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<view::Workflow> {
    OperationDoc::json(tags::WORKFLOWS, "Pause a workflow", 200, samples::automation::reviewed_workflow())
        .description("No more executions of the workflow start. Executions in progress continue.")
        .path_id("WorkflowId")
        .fails_with([ProblemCode::NotPublished, ProblemCode::Conflict])
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<view::Workflow> {
    let id = call.id(WorkflowId::parse, "workflow")?;
    edited(edit_workflow::pause(call.store, &id, System.now()).await.map_err(failure)?)
}
