//! `GET /v1/executions`

use couponflow_app::automation::ports::{AutomationStore as _, ExecutionQuery};
use couponflow_domain::automation::execution::ExecutionStatus;
use couponflow_domain::kernel::ids::{ContactId, EventId, ExecutionId, WorkflowId};
use couponflow_http::doc::parameters;
use couponflow_http::doc::reference::schema;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Operation, Page, Reply, view};

use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<Page<view::Execution>> {
    let filters = vec![
        parameters::filter("workflow_id", "Only executions of this workflow.", schema("WorkflowId")),
        parameters::filter("contact_id", "Only executions for this contact.", schema("ContactId")),
        parameters::filter("event_id", "Only executions for this event.", schema("EventId")),
        parameters::choice::<ExecutionStatus>("status", "Only executions with this status."),
    ];
    OperationDoc::list(tags::WORKFLOWS, "List executions", samples::automation::execution(), filters)
        .link(Operation::ReadExecution, "/data/0/id")
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<Page<view::Execution>> {
    let request = call.request;
    let query = ExecutionQuery {
        workflow_id: request.query_as("workflow_id", WorkflowId::parse)?,
        contact: request.query_as("contact_id", ContactId::parse)?,
        event_id: request.query_as("event_id", EventId::parse)?,
        status: request.query_enum("status")?,
    };
    let page = request.page(ExecutionId::PREFIX, &["workflow_id", "contact_id", "event_id", "status"])?;
    let page = call.store.executions(&query, &page).await.map_err(failure)?;
    Ok(Reply::stored_page(page, |execution| view::Execution::from(&execution)))
}
