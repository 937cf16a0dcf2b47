//! Workflows and executions.

use couponflow_domain::execution::ExecutionStatus;
use couponflow_domain::workflow_template::WorkflowTemplate;
use couponflow_http::{Operation, ProblemCode};
use serde_json::json;

use super::contacts::LABEL;
use super::{DELIVERABLE, page};
use crate::entry::Entry;
use crate::{parameters, samples, schema};

pub(super) const TAG: &str = "Workflows";
pub(super) const TEMPLATE: &str = "is a template with fields of the trigger and of earlier steps";

/// The rules of a document. `**` stands for the steps that a step is in.
const RULES: [(&str, &str); 26] = [
    ("/**/filters", "has at most 100 tests and 50,000 bytes of text in all"),
    ("/trigger/filters/**", "is nested at most 8 deep"),
    ("/**/filters/**", "tests fields that the trigger or the event has, and is nested at most 8 deep"),
    ("/**/filters/**/value", "of `between` has bounds of one kind and currency, the lower one first"),
    ("/steps", "are at most 100, those within others included, nested at most 8 deep"),
    ("/steps/**", "are nested at most 8 deep"),
    ("/steps/**/id", "is no other step's"),
    (
        "/steps/**/type",
        "of a goal is not within another step, of a for-each-contact not within another of them, and of a step for the \
         contact is within one where the trigger's events name no customer",
    ),
    ("/steps/**/workflow_id", "names a workflow"),
    ("/steps/**/coupon_id", "names a coupon"),
    ("/steps/**/subject", TEMPLATE),
    ("/steps/**/html", TEMPLATE),
    ("/steps/**/text", TEMPLATE),
    (
        "/steps/**/body",
        "is a template with fields of the trigger and of earlier steps; a text that begins as JSON stays JSON whatever their values",
    ),
    ("/steps/**/body/**", "is a template; at most 200 texts have merge fields, and no name of a member has one"),
    ("/steps/**/coupon/step", "is the id of an earlier step that puts out a coupon"),
    ("/steps/**", "has merge fields in `subject`, `html`, `text`, `body` and `until` only"),
    ("/steps/**/until", "is an instant, or a template that renders to one"),
    ("/steps/**/to/*", DELIVERABLE),
    ("/steps/**/for", "is from PT1S to P366D"),
    ("/steps/**/by", "is from PT1S to P366D"),
    ("/steps/**/before", "is from PT1S to P366D"),
    ("/steps/**/timeout", "is from PT1S to P366D"),
    ("/steps/**/expires_in", "is from PT1M to P3660D"),
    ("/steps/**/coupon/**", "is as of a coupon, and leaves out what each has for itself"),
    ("/on_failure/alert/*", DELIVERABLE),
];

/// More rules of a document.
const MORE_RULES: [(&str, &str); 7] = [
    ("/steps/**/tag", LABEL),
    ("/steps/**/list", LABEL),
    ("/steps/**/audience/*", LABEL),
    ("/**/time_zone", "is one of the IANA database"),
    ("/**/to", "differs from `from`"),
    ("/**/url", "is public, with https, and without user and password"),
    ("/locale", "is a language tag that there is data for"),
];

pub(crate) fn create() -> Entry {
    Entry::new(TAG, "Create a workflow", 201, "Workflow", samples::reviewed_workflow())
        .described(
            "It is a draft and runs once it is published. What can never work is refused; `warnings` lists what is saved \
             and may not be meant.",
        )
        .body("WorkflowInput", true, &[("beta_is_full", samples::workflow_document())])
        .rules(&RULES)
        .rules(&MORE_RULES)
        .link(Operation::ReadWorkflow, "/id")
        .link(Operation::PublishWorkflow, "/id")
        .link(Operation::PauseWorkflow, "/id")
        .link(Operation::ListWorkflowVersions, "/id")
}

pub(crate) fn save() -> Entry {
    Entry::new(TAG, "Save a workflow", 200, "Workflow", samples::reviewed_workflow())
        .described("Replaces the document. The published version runs on until this one is published, too.")
        .of("WorkflowId")
        .conditional()
        .body("WorkflowInput", true, &[("beta_is_full", samples::workflow_document())])
        .rules(&RULES)
        .rules(&MORE_RULES)
}

pub(crate) fn delete() -> Entry {
    Entry::without_answer(TAG, "Delete a workflow", 204)
        .described("It begins nothing from now on; executions under way go on.")
        .of("WorkflowId")
        .conditional()
}

pub(crate) fn versions() -> Entry {
    let version = json!({"version": 1, "published_at": "2026-11-22T15:00:00Z"});
    Entry::new(TAG, "List the published versions of a workflow", 200, "WorkflowVersionPage", page(version))
        .of("WorkflowId")
        .list(Vec::new())
}

pub(crate) fn restore() -> Entry {
    Entry::new(TAG, "Restore a version of a workflow", 200, "Workflow", samples::reviewed_workflow())
        .described("Makes the document of a published version the draft, to be published again.")
        .of("WorkflowId")
        .body("RestoreInput", true, &[("first", json!({"version": 1}))])
        .rule("/version", "is one of the workflow's")
        .fails_with([ProblemCode::Conflict])
}

pub(crate) fn dry_run() -> Entry {
    let body = json!({"from": "2026-11-22T00:00:00Z", "limit": 20});
    Entry::new(TAG, "Dry-run a workflow", 200, "DryRunPage", page(samples::dry_run()))
        .described(
            "Says of each event whether the workflow as it is saved wants it, filter by filter, and what it would do. Nothing \
             is done. The events are given, at most 4 MiB of them, or archived ones of a time range. They are taken to come \
             now, one after the other in the order in which they occurred: an execution that one of them would begin counts \
             for `re_entry` and `max_executions_per_contact_and_hour` of those that follow in this answer; what its steps \
             would change does not show in them. The decisions are those of a run, with coupons and contacts as they are \
             now. Messages and webhooks are taken to be accepted, and what is waited for not to happen.",
        )
        .of("WorkflowId")
        .body("DryRunInput", true, &[("archived", body)])
        .rule("/events/*", "is an event as it stands on the bus")
        .rule("/cursor", "comes from this endpoint")
}

pub(crate) fn replay() -> Entry {
    let body = json!({"from": "2026-11-22T00:00:00Z"});
    let answer = json!({"event_id": "evt_01KAP9ZB00G0G0G0G0G0G0G0G0", "outcome": "begun"});
    Entry::new(TAG, "Run a workflow for past events", 200, "ReplayPage", page(answer))
        .described(
            "Runs the published version for archived events that it wants, once for each, however often it is asked.",
        )
        .of("WorkflowId")
        .body("ReplayInput", true, &[("since", body)])
        .rule("/cursor", "comes from this endpoint")
        .fails_with([ProblemCode::NotPublished])
}

pub(crate) fn templates() -> Entry {
    let first = WorkflowTemplate::shipped().into_iter().next().map(|template| json!(template)).unwrap_or_default();
    Entry::new(TAG, "List workflow templates", 200, "WorkflowTemplatePage", page(first))
        .described("Workflows to start from, with a few parameters.")
}

pub(crate) fn use_template() -> Entry {
    let body = json!({"parameters": {"code": "BETA50", "marketing_email": "marketing@example.com"}});
    Entry::new(TAG, "Use a workflow template", 201, "WorkflowPage", page(samples::workflow()))
        .described(
            "Makes drafts of its workflows, with these parameters; those left out are as in the template's examples.",
        )
        .of("WorkflowTemplateName")
        .body("WorkflowTemplateInput", true, &[("beta50", body)])
        .rule("/parameters", "make workflows that can be saved")
        .rule("/parameters/*", "is one of the template's")
}

pub(crate) fn list() -> Entry {
    Entry::new(TAG, "List workflows", 200, "WorkflowPage", page(samples::workflow()))
        .list(Vec::new())
        .link(Operation::ReadWorkflow, "/data/0/id")
}

pub(crate) fn read() -> Entry {
    Entry::new(TAG, "Read a workflow", 200, "Workflow", samples::reviewed_workflow()).of("WorkflowId")
}

pub(crate) fn publish() -> Entry {
    Entry::new(TAG, "Publish a workflow", 200, "Workflow", samples::reviewed_workflow())
        .described("Its document becomes the next version, which runs from now on.")
        .of("WorkflowId")
        .fails_with([ProblemCode::Conflict])
}

pub(crate) fn pause() -> Entry {
    Entry::new(TAG, "Pause a workflow", 200, "Workflow", samples::reviewed_workflow())
        .described("It begins nothing from now on; executions under way go on.")
        .of("WorkflowId")
        .fails_with([ProblemCode::NotPublished, ProblemCode::Conflict])
}

pub(crate) fn triggers() -> Entry {
    Entry::new(TAG, "List triggers", 200, "Triggers", samples::triggers()).described(
        "What a form for workflows needs: each trigger with the fields that it can be filtered by, their operators and \
         values, whether an operator holds where the field has no value, and the merge fields of its texts; the filters \
         of templates; and what each type of step leaves for later steps. The same for every tenant until the next release.",
    )
}

pub(crate) fn list_executions() -> Entry {
    let status = json!({"enum": ExecutionStatus::ALL.iter().map(|status| status.name()).collect::<Vec<_>>()});
    let filters = vec![
        parameters::filter("workflow_id", "Of this workflow.", schema("WorkflowId")),
        parameters::filter("contact_id", "For this contact.", schema("ContactId")),
        parameters::filter("event_id", "For this event.", schema("EventId")),
        parameters::filter("status", "In this state.", status),
    ];
    Entry::new(TAG, "List executions", 200, "ExecutionPage", page(samples::execution()))
        .list(filters)
        .link(Operation::ReadExecution, "/data/0/id")
}

pub(crate) fn read_execution() -> Entry {
    Entry::new(TAG, "Read an execution", 200, "Execution", samples::execution()).of("ExecutionId")
}

pub(crate) fn cancel_execution() -> Entry {
    Entry::new(TAG, "Cancel an execution", 200, "Execution", samples::execution())
        .described("No step begins after this. One that is under way is finished, and its outcome is recorded.")
        .of("ExecutionId")
        .fails_with([ProblemCode::NotUnderWay])
}

pub(crate) fn retry_execution() -> Entry {
    Entry::new(TAG, "Retry an execution", 200, "Execution", samples::execution())
        .described("Has a failed execution tried again from the step that failed.")
        .of("ExecutionId")
        .fails_with([ProblemCode::NotFailed])
}
