//! Executions of workflows.

use couponflow_domain::automation::execution::ExecutionStatus;
use couponflow_http::{Operation, ProblemCode};
use serde_json::json;
use strum::VariantArray as _;

use crate::operation_doc::OperationDoc;
use crate::reference::schema;
use crate::{list_page, parameters, samples, tags};

pub(crate) fn list() -> OperationDoc {
    let status = json!({"enum": ExecutionStatus::VARIANTS});
    let filters = vec![
        parameters::filter("workflow_id", "Only executions of this workflow.", schema("WorkflowId")),
        parameters::filter("contact_id", "Only executions for this contact.", schema("ContactId")),
        parameters::filter("event_id", "Only executions for this event.", schema("EventId")),
        parameters::filter("status", "Only executions with this status.", status),
    ];
    OperationDoc::new(
        tags::WORKFLOWS,
        "List executions",
        200,
        "ExecutionPage",
        list_page::example(samples::execution()),
    )
    .list(filters)
    .link(Operation::ReadExecution, "/data/0/id")
}

pub(crate) fn read() -> OperationDoc {
    OperationDoc::new(tags::WORKFLOWS, "Read an execution", 200, "Execution", samples::execution())
        .path_id("ExecutionId")
}

pub(crate) fn cancel() -> OperationDoc {
    OperationDoc::new(tags::WORKFLOWS, "Cancel an execution", 200, "Execution", samples::execution())
        .description("The execution starts no further step. A step in progress continues to its end.")
        .path_id("ExecutionId")
        .fails_with([ProblemCode::NotUnderWay])
}

pub(crate) fn retry() -> OperationDoc {
    OperationDoc::new(tags::WORKFLOWS, "Retry an execution", 200, "Execution", samples::execution())
        .description("Retries a failed execution from the failed step.")
        .path_id("ExecutionId")
        .fails_with([ProblemCode::NotFailed])
}
