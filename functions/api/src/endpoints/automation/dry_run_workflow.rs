//! `POST /v1/workflows/{id}/dry-run`

use couponflow_app::automation::dry_run::{DryRun, dry_runs};
use couponflow_app::kernel::system::Clock as _;
use couponflow_aws::system::System;
use couponflow_domain::kernel::input;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Page, Problem, Reply};
use serde_json::{Value, json};

use super::event_selection::{events, selection, selection_schema};
use super::shared::find;
use crate::call::Call;
use crate::reply::failure;

/// Maximum size of the body, in bytes. Allows 100 events of about 40 KB each, and stays below the
/// limit of 6 MB for a Lambda request.
const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

pub(crate) fn doc() -> OperationDoc<Page<DryRun>> {
    let body = json!({"from": "2026-11-22T00:00:00Z", "limit": 20});
    OperationDoc::json(tags::WORKFLOWS, "Dry-run a workflow", 200, Page::new([samples::automation::dry_run()], None))
        .description(
            "Evaluates the saved workflow for events, and performs no step. The response states for each event \
             whether the workflow matches, the result of each filter, and what each step would do. Send events in \
             the request (at most 4 MiB), or select past events from the event log by time range. Events are \
             evaluated in the order in which they occurred, as if they occurred now. If an event would start an \
             execution for a contact, `re_entry` and `max_executions_per_contact_and_hour` take this execution into \
             account for the later events of the request. No other effect of an event influences later events. A dry \
             run makes the same decisions as a real run, with the current state of coupons and contacts. Messages \
             and webhooks are assumed to succeed, and awaited events are assumed not to occur. Results are in the \
             order of the sent events, or newest first for past events. A page of past events can be empty and still \
             have a `next_cursor`, as in `GET /v1/events`.",
        )
        .path_id("WorkflowId")
        .own_body("DryRunInput", selection_schema(), true, &[("archived", body)])
        .rule("/events/*", "must be an event as published on the bus")
        .rule("/cursor", "must be a `next_cursor` of this endpoint")
}

/// Evaluates the saved document, which can differ from the published version.
pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<Page<DryRun>> {
    let workflow = find(call).await?.next_version().map_err(Problem::invalid)?;
    let trigger = workflow.definition.trigger;
    let read = |body: &Value| input::read(body, |field, errors| selection(field, trigger, errors));
    let selection = call.request.body_of(MAX_BODY_BYTES, read)?;
    let (events, next_cursor) = events(call.store, selection).await?;
    let runs = dry_runs(call.store, &workflow, &events, System.now()).await.map_err(failure)?;
    Ok(Reply::page(runs, next_cursor))
}
