//! `POST /v1/executions/{id}/cancel`

use couponflow_app::automation::execute::{OperationOutcome, cancel};
use couponflow_aws::system::System;
use couponflow_domain::kernel::ids::ExecutionId;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Problem, ProblemCode, Reply, view};

use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<view::Execution> {
    OperationDoc::json(tags::WORKFLOWS, "Cancel an execution", 200, samples::automation::execution())
        .description(
            "The execution starts no further step. A step in progress continues to its end. Changes nothing if the \
             execution is already cancelled.",
        )
        .path_id("ExecutionId")
        .fails_with([ProblemCode::NotUnderWay])
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<view::Execution> {
    let id = call.id(ExecutionId::parse, "execution")?;
    match cancel(call.store, &System, &id, "by an operator").await.map_err(failure)? {
        OperationOutcome::Done(execution) | OperationOutcome::Unchanged(execution) => {
            Ok(Reply::json(200, &view::Execution::from(&*execution)))
        }
        OperationOutcome::NotAllowed(_) => {
            Err(Problem::conflict(ProblemCode::NotUnderWay, "The execution has already ended and cannot be cancelled."))
        }
        OperationOutcome::NotFound => Err(Problem::not_found("execution")),
    }
}
