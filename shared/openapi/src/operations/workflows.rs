//! Workflows, workflow templates, triggers and executions.

use couponflow_domain::automation::execution::ExecutionStatus;
use couponflow_domain::automation::workflow_template::WorkflowTemplate;
use couponflow_http::{Operation, ProblemCode};
use serde_json::json;

use super::contacts::LABEL_RULE;
use super::{EMAIL_RULE, page};
use crate::operation_doc::OperationDoc;
use crate::{parameters, samples, schema};

pub(super) const TAG: &str = "Workflows";
/// Rule for templates.
pub(super) const TEMPLATE_RULE: &str =
    "must be a template that uses only merge fields of the trigger and outputs of earlier steps";

/// Rules for workflow documents. `**` stands for the enclosing steps.
const RULES: [(&str, &str); 26] = [
    ("/**/filters", "must have at most 100 tests and 50,000 bytes of text in total"),
    ("/trigger/filters/**", "must be nested at most 8 levels deep"),
    ("/**/filters/**", "must test fields that the trigger or event has, and be nested at most 8 levels deep"),
    ("/**/filters/**/value", "of `between` must have two bounds of the same kind and currency, the lower one first"),
    ("/steps", "must have at most 100 steps, nested steps included, nested at most 8 levels deep"),
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
    ("/steps/**/until", "must be an instant, or a template that renders to one"),
    ("/steps/**/to/*", EMAIL_RULE),
    ("/steps/**/for", "must be between PT1S and P366D"),
    ("/steps/**/by", "must be between PT1S and P366D"),
    ("/steps/**/before", "must be between PT1S and P366D"),
    ("/steps/**/timeout", "must be between PT1S and P366D"),
    ("/steps/**/expires_in", "must be between PT1M and P3660D"),
    (
        "/steps/**/coupon/**",
        "must follow the rules for coupon terms, without the members that each generated coupon gets individually",
    ),
    ("/on_failure/alert/*", EMAIL_RULE),
];

/// More rules for workflow documents.
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
    OperationDoc::new(TAG, "Create a workflow", 201, "Workflow", samples::reviewed_workflow())
        .description(
            "Creates a draft. The workflow runs once it is published. Documents that can never work are rejected; \
             `warnings` lists parts that are valid but probably not intended.",
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
    OperationDoc::new(TAG, "Save a workflow", 200, "Workflow", samples::reviewed_workflow())
        .description("Replaces the document. The published version keeps running until the new document is published.")
        .path_id("WorkflowId")
        .requires_if_match()
        .body("WorkflowInput", true, &[("beta_is_full", samples::workflow_document())])
        .rules(&RULES)
        .rules(&MORE_RULES)
}

pub(crate) fn delete() -> OperationDoc {
    OperationDoc::without_body(TAG, "Delete a workflow", 204)
        .description("The workflow starts no more executions. Executions in progress continue.")
        .path_id("WorkflowId")
        .requires_if_match()
}

pub(crate) fn versions() -> OperationDoc {
    let version = json!({"version": 1, "published_at": "2026-11-22T15:00:00Z"});
    OperationDoc::new(TAG, "List the published versions of a workflow", 200, "WorkflowVersionPage", page(version))
        .path_id("WorkflowId")
        .list(Vec::new())
}

pub(crate) fn restore() -> OperationDoc {
    OperationDoc::new(TAG, "Restore a version of a workflow", 200, "Workflow", samples::reviewed_workflow())
        .description("Replaces the draft with the document of a published version. Publish the workflow to run it.")
        .path_id("WorkflowId")
        .body("RestoreInput", true, &[("first", json!({"version": 1}))])
        .rule("/version", "must be a published version of the workflow")
        .fails_with([ProblemCode::Conflict])
}

pub(crate) fn dry_run() -> OperationDoc {
    let body = json!({"from": "2026-11-22T00:00:00Z", "limit": 20});
    OperationDoc::new(TAG, "Dry-run a workflow", 200, "DryRunPage", page(samples::dry_run()))
        .description(
            "Shows for each event whether the saved workflow matches it, filter by filter, and what the workflow would \
             do, without performing anything. Send events in the request (at most 4 MiB), or select archived events by \
             time range. Events are evaluated as if they occurred now, in their original order. An execution that one \
             event would start counts for `re_entry` and `max_executions_per_contact_and_hour` of later events in the \
             same request; other changes by its steps are not visible to later events. The decisions are the same as \
             in a real run, with the current state of coupons and contacts. Messages and webhooks are assumed to \
             succeed, and awaited events are assumed not to occur. Results are in the order of the sent events, or \
             newest first for archived events. A page of archived events can be empty and still have a \
             `next_cursor`, as in `GET /v1/events`.",
        )
        .path_id("WorkflowId")
        .body("DryRunInput", true, &[("archived", body)])
        .rule("/events/*", "must be an event as published on the bus")
        .rule("/cursor", "must be a `next_cursor` of this endpoint")
}

pub(crate) fn replay() -> OperationDoc {
    let body = json!({"from": "2026-11-22T00:00:00Z"});
    let answer = json!({"event_id": "evt_01KAP9ZB00G0G0G0G0G0G0G0G0", "outcome": "begun"});
    OperationDoc::new(TAG, "Run a workflow for past events", 200, "ReplayPage", page(answer))
        .description(
            "Runs the published version for all matching archived events. Idempotent: the workflow runs at most once \
             per event, even if the request is repeated. A page can be empty and still have a `next_cursor`, as in \
             `GET /v1/events`.",
        )
        .path_id("WorkflowId")
        .body("ReplayInput", true, &[("since", body)])
        .rule("/cursor", "must be a `next_cursor` of this endpoint")
        .fails_with([ProblemCode::NotPublished])
}

pub(crate) fn templates() -> OperationDoc {
    let first = WorkflowTemplate::shipped().into_iter().next().map(|template| json!(template)).unwrap_or_default();
    OperationDoc::new(TAG, "List workflow templates", 200, "WorkflowTemplatePage", page(first))
        .description("Ready-made workflows with parameters.")
}

pub(crate) fn use_template() -> OperationDoc {
    let body = json!({"parameters": {"code": "BETA50", "marketing_email": "marketing@example.com"}});
    OperationDoc::new(TAG, "Use a workflow template", 201, "WorkflowPage", page(samples::workflow()))
        .description(
            "Creates drafts of the template's workflows with the given parameters. Omitted parameters take the \
             template's example values.",
        )
        .path_id("WorkflowTemplateName")
        .body("WorkflowTemplateInput", true, &[("beta50", body)])
        .rule("/parameters", "must result in valid workflows")
        .rule("/parameters/*", "must be a parameter of the template")
}

pub(crate) fn list() -> OperationDoc {
    OperationDoc::new(TAG, "List workflows", 200, "WorkflowPage", page(samples::workflow()))
        .list(Vec::new())
        .link(Operation::ReadWorkflow, "/data/0/id")
}

pub(crate) fn read() -> OperationDoc {
    OperationDoc::new(TAG, "Read a workflow", 200, "Workflow", samples::reviewed_workflow()).path_id("WorkflowId")
}

pub(crate) fn publish() -> OperationDoc {
    OperationDoc::new(TAG, "Publish a workflow", 200, "Workflow", samples::reviewed_workflow())
        .description("The saved document becomes the next version, which runs from now on.")
        .path_id("WorkflowId")
        .fails_with([ProblemCode::Conflict])
}

pub(crate) fn pause() -> OperationDoc {
    OperationDoc::new(TAG, "Pause a workflow", 200, "Workflow", samples::reviewed_workflow())
        .description("The workflow starts no more executions. Executions in progress continue.")
        .path_id("WorkflowId")
        .fails_with([ProblemCode::NotPublished, ProblemCode::Conflict])
}

pub(crate) fn triggers() -> OperationDoc {
    OperationDoc::new(TAG, "List triggers", 200, "Triggers", samples::triggers()).description(
        "Returns the trigger catalog, for building a workflow editor: each trigger with its filter fields, their \
         operators and values, whether an operator matches a field without a value, and the merge fields for \
         templates; the template filters; and the outputs of each step type. The same for every tenant; changes only \
         with a release.",
    )
}

pub(crate) fn list_executions() -> OperationDoc {
    let status = json!({"enum": ExecutionStatus::ALL.iter().map(|status| status.name()).collect::<Vec<_>>()});
    let filters = vec![
        parameters::filter("workflow_id", "Only executions of this workflow.", schema("WorkflowId")),
        parameters::filter("contact_id", "Only executions for this contact.", schema("ContactId")),
        parameters::filter("event_id", "Only executions for this event.", schema("EventId")),
        parameters::filter("status", "Only executions with this status.", status),
    ];
    OperationDoc::new(TAG, "List executions", 200, "ExecutionPage", page(samples::execution()))
        .list(filters)
        .link(Operation::ReadExecution, "/data/0/id")
}

pub(crate) fn read_execution() -> OperationDoc {
    OperationDoc::new(TAG, "Read an execution", 200, "Execution", samples::execution()).path_id("ExecutionId")
}

pub(crate) fn cancel_execution() -> OperationDoc {
    OperationDoc::new(TAG, "Cancel an execution", 200, "Execution", samples::execution())
        .description("No further step starts. A step in progress is finished, and its outcome is recorded.")
        .path_id("ExecutionId")
        .fails_with([ProblemCode::NotUnderWay])
}

pub(crate) fn retry_execution() -> OperationDoc {
    OperationDoc::new(TAG, "Retry an execution", 200, "Execution", samples::execution())
        .description("Retries a failed execution from the failed step.")
        .path_id("ExecutionId")
        .fails_with([ProblemCode::NotFailed])
}
