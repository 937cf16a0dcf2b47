//! Workflows and executions.

use couponflow_http::{Operation, ProblemCode};

use super::{DELIVERABLE, page};
use crate::entry::Entry;
use crate::{parameters, samples, schema};

pub(super) const TAG: &str = "Workflows";
pub(super) const TEMPLATE: &str = "is a template with fields of the trigger and of earlier steps";

pub(crate) fn create() -> Entry {
    Entry::new(TAG, "Create a workflow", 201, "Workflow", samples::workflow())
        .described("It is a draft and runs once it is published.")
        .body("WorkflowInput", true, &[("beta_is_full", samples::workflow_document())])
        .rule("/trigger/filters/**", "is nested at most 8 deep")
        .rule("/trigger/filters/**/value", "of `between` has bounds of one kind and currency, the lower one first")
        .rule("/steps/*/id", "is no other step's")
        .rule("/steps/*/workflow_id", "names a workflow")
        .rule("/steps/*/coupon_id", "names a coupon")
        .rule("/steps/*/subject", TEMPLATE)
        .rule("/steps/*/html", TEMPLATE)
        .rule("/steps/*/text", TEMPLATE)
        .rule("/steps/*/to/*", DELIVERABLE)
        .rule("/steps/*/for", "is from PT1S to P366D")
        .link(Operation::ReadWorkflow, "/id")
        .link(Operation::PublishWorkflow, "/id")
        .link(Operation::PauseWorkflow, "/id")
}

pub(crate) fn list() -> Entry {
    Entry::new(TAG, "List workflows", 200, "WorkflowPage", page(samples::workflow()))
        .list(Vec::new())
        .link(Operation::ReadWorkflow, "/data/0/id")
}

pub(crate) fn read() -> Entry {
    Entry::new(TAG, "Read a workflow", 200, "Workflow", samples::workflow()).of("WorkflowId")
}

pub(crate) fn publish() -> Entry {
    Entry::new(TAG, "Publish a workflow", 200, "Workflow", samples::workflow())
        .described("Its document becomes the next version, which runs from now on.")
        .of("WorkflowId")
        .refuses([ProblemCode::Conflict])
}

pub(crate) fn pause() -> Entry {
    Entry::new(TAG, "Pause a workflow", 200, "Workflow", samples::workflow())
        .described("It begins nothing from now on; executions under way go on.")
        .of("WorkflowId")
        .refuses([ProblemCode::NotPublished, ProblemCode::Conflict])
}

pub(crate) fn list_executions() -> Entry {
    let of_workflow = parameters::filter("workflow_id", "Of this workflow.", schema("WorkflowId"));
    Entry::new(TAG, "List executions", 200, "ExecutionPage", page(samples::execution()))
        .list(vec![of_workflow])
        .link(Operation::ReadExecution, "/data/0/id")
}

pub(crate) fn read_execution() -> Entry {
    Entry::new(TAG, "Read an execution", 200, "Execution", samples::execution()).of("ExecutionId")
}
