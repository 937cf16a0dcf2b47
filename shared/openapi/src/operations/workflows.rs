//! Workflows and the trigger catalog.

use couponflow_http::{Operation, ProblemCode};
use serde_json::json;

use super::rules::{EMAIL_RULE, LABEL_RULE, TEMPLATE_RULE};
use crate::operation_doc::OperationDoc;
use crate::{list_page, samples, tags};

/// Rules for workflow documents. In a pointer, `**` stands for any number of segments, such as
/// enclosing steps.
const RULES: [(&str, &str); 26] = [
    ("/**/filters", "must have at most 100 conditions and 50,000 bytes of text in total"),
    ("/trigger/filters/**", "must be nested at most 8 levels deep"),
    ("/**/filters/**", "must use only fields that the trigger or event has, and must be nested at most 8 levels deep"),
    (
        "/**/filters/**/value",
        "must be, with the operator `between`, a list of the lower and the upper bound, both of the same kind and \
         currency",
    ),
    ("/steps", "must have at most 100 steps in total, nested at most 8 levels deep"),
    ("/steps/**", "must be nested at most 8 levels deep"),
    ("/steps/**/id", "must be unique in the workflow"),
    (
        "/steps/**/type",
        "`goal` must not be nested in another step, `for_each_contact` must not be nested in another \
         `for_each_contact`, and steps that need a contact must be nested in a `for_each_contact` if the events of the \
         trigger have no customer",
    ),
    ("/steps/**/workflow_id", "must be the id of a workflow"),
    ("/steps/**/coupon_id", "must be the id of a coupon"),
    ("/steps/**/subject", TEMPLATE_RULE),
    ("/steps/**/html", TEMPLATE_RULE),
    ("/steps/**/text", TEMPLATE_RULE),
    (
        "/steps/**/body",
        "must be a template that uses only merge fields of the trigger and outputs of earlier steps, and must render \
         to JSON for all values if it begins with `{` or `[`",
    ),
    ("/steps/**/body/**", "must be a template, with merge fields in at most 200 strings and in no member name"),
    ("/steps/**/coupon/step", "must be the id of an earlier step that outputs a coupon"),
    ("/steps/**", "can have merge fields only in `subject`, `html`, `text`, `body` and `until`"),
    ("/steps/**/until", "must be an instant, or a template that renders to an instant"),
    ("/steps/**/to/*", EMAIL_RULE),
    ("/steps/**/for", "must be between PT1S and P366D"),
    ("/steps/**/by", "must be between PT1S and P366D"),
    ("/steps/**/before", "must be between PT1S and P366D"),
    ("/steps/**/timeout", "must be between PT1S and P366D"),
    ("/steps/**/expires_in", "must be between PT1M and P3660D"),
    (
        "/steps/**/coupon/**",
        "must follow the rules for coupon terms, and must not have members that each generated coupon gets \
         individually, such as `code`",
    ),
    ("/on_failure/alert/*", EMAIL_RULE),
];

/// Further rules for workflow documents.
const MORE_RULES: [(&str, &str); 7] = [
    ("/steps/**/tag", LABEL_RULE),
    ("/steps/**/list", LABEL_RULE),
    ("/steps/**/audience/*", LABEL_RULE),
    ("/**/time_zone", "must be an IANA time zone"),
    ("/**/to", "must differ from `from`"),
    ("/**/url", "must be a public HTTPS URL without user and password"),
    ("/locale", "must be a supported language tag"),
];

pub(crate) fn create() -> OperationDoc {
    OperationDoc::new(tags::WORKFLOWS, "Create a workflow", 201, "Workflow", samples::reviewed_workflow())
        .description(
            "Creates a draft. The workflow runs only after it has been published. A document that can never work is \
             rejected. `warnings` lists parts of the document that are valid but probably not intended.",
        )
        .body("WorkflowInput", true, &[("beta_is_full", samples::workflow_document())])
        .rules(&RULES)
        .rules(&MORE_RULES)
        .link(Operation::ReadWorkflow, "/id")
        .link(Operation::PublishWorkflow, "/id")
        .link(Operation::PauseWorkflow, "/id")
        .link(Operation::ListWorkflowVersions, "/id")
}

pub(crate) fn save() -> OperationDoc {
    OperationDoc::new(tags::WORKFLOWS, "Save a workflow", 200, "Workflow", samples::reviewed_workflow())
        .description("Replaces the document. The published version keeps running until the new document is published.")
        .path_id("WorkflowId")
        .requires_if_match()
        .body("WorkflowInput", true, &[("beta_is_full", samples::workflow_document())])
        .rules(&RULES)
        .rules(&MORE_RULES)
}

pub(crate) fn delete() -> OperationDoc {
    OperationDoc::without_body(tags::WORKFLOWS, "Delete a workflow", 204)
        .description("The workflow starts no more executions. Executions in progress continue.")
        .path_id("WorkflowId")
        .requires_if_match()
}

pub(crate) fn versions() -> OperationDoc {
    let version = json!({"version": 1, "published_at": "2026-11-22T15:00:00Z"});
    OperationDoc::new(
        tags::WORKFLOWS,
        "List the published versions of a workflow",
        200,
        "WorkflowVersionPage",
        list_page::example(version),
    )
    .path_id("WorkflowId")
    .list(Vec::new())
}

pub(crate) fn restore() -> OperationDoc {
    OperationDoc::new(tags::WORKFLOWS, "Restore a version of a workflow", 200, "Workflow", samples::reviewed_workflow())
        .description("Replaces the draft with the document of a published version. Publish the workflow to run it.")
        .path_id("WorkflowId")
        .body("RestoreInput", true, &[("first", json!({"version": 1}))])
        .rule("/version", "must be a published version of the workflow")
        .fails_with([ProblemCode::Conflict])
}

pub(crate) fn list() -> OperationDoc {
    OperationDoc::new(tags::WORKFLOWS, "List workflows", 200, "WorkflowPage", list_page::example(samples::workflow()))
        .list(Vec::new())
        .link(Operation::ReadWorkflow, "/data/0/id")
}

pub(crate) fn read() -> OperationDoc {
    OperationDoc::new(tags::WORKFLOWS, "Read a workflow", 200, "Workflow", samples::reviewed_workflow())
        .path_id("WorkflowId")
}

pub(crate) fn publish() -> OperationDoc {
    OperationDoc::new(tags::WORKFLOWS, "Publish a workflow", 200, "Workflow", samples::reviewed_workflow())
        .description("The saved document becomes the next version. New executions run this version within 2 seconds.")
        .path_id("WorkflowId")
        .fails_with([ProblemCode::Conflict])
}

pub(crate) fn pause() -> OperationDoc {
    OperationDoc::new(tags::WORKFLOWS, "Pause a workflow", 200, "Workflow", samples::reviewed_workflow())
        .description("The workflow starts no more executions. Executions in progress continue.")
        .path_id("WorkflowId")
        .fails_with([ProblemCode::NotPublished, ProblemCode::Conflict])
}

pub(crate) fn triggers() -> OperationDoc {
    OperationDoc::new(tags::WORKFLOWS, "List triggers", 200, "Triggers", samples::triggers()).description(
        "Returns the trigger catalog: all data that a workflow editor needs. Each trigger has filter fields and merge \
         fields. A filter field has operators and values, and states which operators match if the field has no value. \
         The catalog also lists the template filters, and the outputs of each step type. The catalog is the same for \
         every tenant and changes only with a release of couponflow.",
    )
}
