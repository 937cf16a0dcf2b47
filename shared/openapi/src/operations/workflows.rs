//! Workflows and executions.

use couponflow_http::{Operation, ProblemCode};

use super::page;
use crate::entry::Entry;
use crate::{parameters, samples, schema};

const TAG: &str = "Workflows";

pub(crate) fn create() -> Entry {
    Entry::new(TAG, "Create a workflow", 201, "Workflow", samples::workflow())
        .described("It is a draft and runs once it is published.")
        .body("WorkflowInput", true, &[("beta_is_full", samples::workflow_document())])
        .rule("step ids differ")
        .rule("`workflow_id` and `coupon_id` of a step name what exists")
        .rule("subjects and bodies are templates that use fields of the trigger and of earlier steps only")
        .rule("a wait is 1 second to 366 days long")
        .rule("filters are nested at most 8 deep")
        .rule("the bounds of `between` are of one kind and currency, the lower one first")
        .rule("an e-mail address is one that mail can be sent to")
        .link(Operation::ReadWorkflow, "/id")
        .link(Operation::PublishWorkflow, "/id")
        .link(Operation::PauseWorkflow, "/id")
}

pub(crate) fn list() -> Entry {
    Entry::new(TAG, "List workflows", 200, "WorkflowPage", page(samples::workflow())).list(Vec::new())
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
    Entry::new(TAG, "List executions", 200, "ExecutionPage", page(samples::execution())).list(vec![of_workflow])
}

pub(crate) fn read_execution() -> Entry {
    Entry::new(TAG, "Read an execution", 200, "Execution", samples::execution()).of("ExecutionId")
}
