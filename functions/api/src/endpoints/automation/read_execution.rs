//! `GET /v1/executions/{id}`

use couponflow_app::automation::ports::AutomationStore as _;
use couponflow_domain::kernel::ids::ExecutionId;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Problem, Reply, view};

use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<view::Execution> {
    OperationDoc::json(tags::WORKFLOWS, "Read an execution", 200, samples::automation::execution())
        .path_id("ExecutionId")
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<view::Execution> {
    let id = call.id(ExecutionId::parse, "execution")?;
    let execution = call.store.execution(&id).await.map_err(failure)?;
    let execution = execution.ok_or_else(|| Problem::not_found("execution"))?;
    Ok(Reply::json(200, &view::Execution::from(&execution)))
}
