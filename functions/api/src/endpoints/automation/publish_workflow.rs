//! `POST /v1/workflows/{id}/publish`

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
    OperationDoc::json(tags::WORKFLOWS, "Publish a workflow", 200, samples::automation::reviewed_workflow())
        .description(
            "The saved document becomes the next version. Executions that start at least 2 seconds later run this \
             version. Changes nothing if the saved document is already published.",
        )
        .path_id("WorkflowId")
        .fails_with([ProblemCode::Conflict, ProblemCode::QuotaExceeded])
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<view::Workflow> {
    let id = call.id(WorkflowId::parse, "workflow")?;
    edited(edit_workflow::publish(call.store, &id, System.now()).await.map_err(failure)?)
}
