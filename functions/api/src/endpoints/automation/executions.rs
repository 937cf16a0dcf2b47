//! Endpoints for executions. An execution is one run of a workflow.

use couponflow_app::automation::execute::{OperationOutcome, cancel as stop, retry as try_again};
use couponflow_app::automation::ports::{ExecutionQuery, Executions as _};
use couponflow_aws::dynamo::TenantStore;
use couponflow_aws::system::System;
use couponflow_domain::automation::execution::ExecutionStatus;
use couponflow_domain::kernel::ids::{ContactId, EventId, ExecutionId, WorkflowId};
use couponflow_http::{Answer, Problem, ProblemCode, Request, view};

use crate::reply::{EndpointResult, failure, id};

pub(crate) async fn list(store: &TenantStore, request: &Request) -> EndpointResult {
    let status = |text: &str| {
        text.parse::<ExecutionStatus>().map_err(|_| "must be running, waiting, completed, failed, cancelled or skipped")
    };
    let query = ExecutionQuery {
        workflow_id: request.query_as("workflow_id", WorkflowId::parse)?,
        contact: request.query_as("contact_id", ContactId::parse)?,
        event_id: request.query_as("event_id", EventId::parse)?,
        status: request.query_as("status", status)?,
    };
    let page = request.page(ExecutionId::PREFIX, &["workflow_id", "contact_id", "event_id", "status"])?;
    let page = store.executions(&query, &page).await.map_err(failure)?;
    Ok(Answer::page(page.data.iter().map(view::execution).collect(), page.next_cursor))
}

pub(crate) async fn read(store: &TenantStore, execution_id: &str) -> EndpointResult {
    let id = id(ExecutionId::parse, execution_id, "execution")?;
    let execution = store.execution(&id).await.map_err(failure)?.ok_or_else(|| Problem::not_found("execution"))?;
    Ok(Answer::json(200, view::execution(&execution)))
}

/// Cancels an execution. No-op if it is already cancelled.
pub(crate) async fn cancel(store: &TenantStore, execution_id: &str) -> EndpointResult {
    let id = id(ExecutionId::parse, execution_id, "execution")?;
    match stop(store, &System, &id, "by an operator").await.map_err(failure)? {
        OperationOutcome::Now(execution) | OperationOutcome::Unchanged(execution) => {
            Ok(Answer::json(200, view::execution(&execution)))
        }
        OperationOutcome::Refused(_) => {
            Err(Problem::conflict(ProblemCode::NotUnderWay, "The execution has already ended and cannot be cancelled."))
        }
        OperationOutcome::NotFound => Err(Problem::not_found("execution")),
    }
}

pub(crate) async fn retry(store: &TenantStore, execution_id: &str) -> EndpointResult {
    let id = id(ExecutionId::parse, execution_id, "execution")?;
    match try_again(store, &System, &id).await.map_err(failure)? {
        OperationOutcome::Now(execution) | OperationOutcome::Unchanged(execution) => {
            Ok(Answer::json(200, view::execution(&execution)))
        }
        OperationOutcome::Refused(_) => Err(Problem::conflict(
            ProblemCode::NotFailed,
            "The execution has not failed. Only failed executions can be retried.",
        )),
        OperationOutcome::NotFound => Err(Problem::not_found("execution")),
    }
}
