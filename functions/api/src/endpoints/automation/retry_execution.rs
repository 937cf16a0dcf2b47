//! `POST /v1/executions/{id}/retry`

use couponflow_app::automation::execute::{OperationOutcome, retry};
use couponflow_aws::system::System;
use couponflow_domain::kernel::ids::ExecutionId;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Problem, ProblemCode, Reply, view};

use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<view::Execution> {
    OperationDoc::json(tags::WORKFLOWS, "Retry an execution", 200, samples::automation::execution())
        .description("Continues a failed execution with a new attempt of the failed step.")
        .path_id("ExecutionId")
        .fails_with([ProblemCode::NotFailed])
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<view::Execution> {
    let id = call.id(ExecutionId::parse, "execution")?;
    match retry(call.store, &System, &id).await.map_err(failure)? {
        OperationOutcome::Done(execution) | OperationOutcome::Unchanged(execution) => {
            Ok(Reply::json(200, &view::Execution::from(&*execution)))
        }
        OperationOutcome::NotAllowed(_) => Err(Problem::conflict(
            ProblemCode::NotFailed,
            "The execution has not failed. Only failed executions can be retried.",
        )),
        OperationOutcome::NotFound => Err(Problem::not_found("execution")),
    }
}
