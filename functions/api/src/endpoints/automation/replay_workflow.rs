//! `POST /v1/workflows/{id}/replay`

use couponflow_app::automation::dry_run::Replayed;
use couponflow_app::automation::replay::{Replayable, replay, replayable};
use couponflow_aws::system::System;
use couponflow_domain::kernel::ids::{EventId, WorkflowId};
use couponflow_domain::kernel::input;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Page, Problem, ProblemCode, Reply};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::event_selection::{archived, archived_schema, events};
use crate::call::Call;
use crate::reply::failure;

/// Result of replaying a past event: running the workflow for the event.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Replay {
    /// Id of the event.
    event_id: EventId,
    /// Result for this event.
    outcome: Replayed,
}

pub(crate) fn doc() -> OperationDoc<Page<Replay>> {
    let body = json!({"from": "2026-11-22T00:00:00Z"});
    let answer = Replay { event_id: samples::event_id(), outcome: Replayed::Begun };
    OperationDoc::json(tags::WORKFLOWS, "Run a workflow for past events", 200, Page::new([answer], None))
        .description(
            "Runs the published version for past events in the event log that match the trigger and the filters. One \
             request covers one page of events; continue with `next_cursor`. Idempotent: the workflow runs at most \
             once per event, even if the request is repeated. A page can be empty and still have a `next_cursor`, as \
             in `GET /v1/events`.",
        )
        .path_id("WorkflowId")
        .own_body("ReplayInput", archived_schema(), true, &[("since", body)])
        .rule("/cursor", "must be a `next_cursor` of this endpoint")
        .fails_with([ProblemCode::NotPublished])
}

/// Runs the published workflow for events from the log, once for each.
pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<Page<Replay>> {
    let id = call.id(WorkflowId::parse, "workflow")?;
    let published = match replayable(call.store, &id).await.map_err(failure)? {
        Replayable::Version(published) => published,
        Replayable::NotFound => return Err(Problem::not_found("workflow")),
        Replayable::NotPublished => {
            return Err(Problem::conflict(
                ProblemCode::NotPublished,
                "Only a published workflow can be replayed. Publish it first.",
            ));
        }
    };
    let trigger = published.definition.trigger;
    let selection = call.request.body(|body| input::read(body, |field, errors| archived(field, trigger, errors)))?;
    let (events, next_cursor) = events(call.store, selection).await?;
    let mut data = Vec::with_capacity(events.len());
    for event in &events {
        let replayed: Replayed = replay(call.store, &System, &published, event).await.map_err(failure)?;
        data.push(Replay { event_id: event.id().clone(), outcome: replayed });
    }
    Ok(Reply::page(data, next_cursor))
}
