//! Dry runs and replays of workflows.

use couponflow_http::ProblemCode;
use serde_json::json;

use crate::operation_doc::OperationDoc;
use crate::{list_page, samples, tags};

pub(crate) fn dry_run() -> OperationDoc {
    let body = json!({"from": "2026-11-22T00:00:00Z", "limit": 20});
    OperationDoc::new(tags::WORKFLOWS, "Dry-run a workflow", 200, "DryRunPage", list_page::example(samples::dry_run()))
        .description(
            "Evaluates the saved workflow for events, and performs no step. The response states for each event whether \
             the workflow matches, the result of each filter, and what each step would do. Send events in the request \
             (at most 4 MiB), or select past events from the event log by time range. Events are evaluated in their \
             original order, as if they occurred now. An execution that an event would start counts towards `re_entry` \
             and `max_executions_per_contact_and_hour` for later events in the same request. Later events do not see \
             any other change that a step would make. A dry run makes the same decisions as a real run, with the \
             current state of coupons and contacts. Messages and webhooks are assumed to succeed, and awaited events \
             are assumed not to occur. Results are in the order of the sent events, or newest first for past events. A \
             page of past events can be empty and still have a `next_cursor`, as in `GET /v1/events`.",
        )
        .path_id("WorkflowId")
        .body("DryRunInput", true, &[("archived", body)])
        .rule("/events/*", "must be an event as published on the bus")
        .rule("/cursor", "must be a `next_cursor` of this endpoint")
}

pub(crate) fn replay() -> OperationDoc {
    let body = json!({"from": "2026-11-22T00:00:00Z"});
    let answer = json!({"event_id": "evt_01KAP9ZB00G0G0G0G0G0G0G0G0", "outcome": "begun"});
    OperationDoc::new(tags::WORKFLOWS, "Run a workflow for past events", 200, "ReplayPage", list_page::example(answer))
        .description(
            "Runs the published version for all matching past events in the event log. Idempotent: the workflow runs \
             at most once per event, even if the request is repeated. A page can be empty and still have a \
             `next_cursor`, as in `GET /v1/events`.",
        )
        .path_id("WorkflowId")
        .body("ReplayInput", true, &[("since", body)])
        .rule("/cursor", "must be a `next_cursor` of this endpoint")
        .fails_with([ProblemCode::NotPublished])
}
