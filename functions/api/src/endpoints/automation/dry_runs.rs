//! Endpoints for dry runs of a workflow, and for replaying past events.

use chrono::{DateTime, Utc};
use couponflow_app::automation::dry_run;
use couponflow_app::automation::dry_run::Replayed;
use couponflow_app::automation::replay::{Replayable, replayable};
use couponflow_app::events::ports::{EventLog as _, EventQuery};
use couponflow_app::kernel::page::PageRequest;
use couponflow_app::kernel::system::Clock as _;
use couponflow_aws::dynamo::TenantStore;
use couponflow_aws::system::System;
use couponflow_domain::automation::workflow::Trigger;
use couponflow_domain::events::event::{Envelope, Event};
use couponflow_domain::kernel::ids::{CouponId, EventId, WorkflowId};
use couponflow_domain::kernel::input;
use couponflow_domain::kernel::input::{Errors, Field};
use couponflow_domain::kernel::instants::parse_instant;
use couponflow_http::cursor::decode_cursor;
use couponflow_http::{Answer, Problem, ProblemCode, Request};
use serde_json::{Value, json};

use crate::endpoints::automation::workflows::find;
use crate::reply::{EndpointResult, failure, id};

/// Maximum number of events in one response.
const MAX_EVENTS: i64 = 100;

/// Maximum size of the body of a dry run, in bytes. Enough for the maximum number of events if each
/// order has a few hundred lines. Lambda limits a request to 6 MB.
const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// Selection of events: the request contains the events, or filters for the event log.
enum EventSelection {
    Given(Vec<Event>),
    Archived { query: EventQuery, page: PageRequest },
}

/// Dry-runs the saved document of a workflow for events, and returns the results. Changes nothing.
pub(crate) async fn dry_run(store: &TenantStore, request: &Request, workflow_id: &str) -> EndpointResult {
    let workflow = find(store, workflow_id).await?;
    let workflow = workflow.next_version().map_err(Problem::invalid)?;
    let trigger = workflow.definition.trigger;
    let read = |body: &Value| input::read(body, |field, errors| selection(field, trigger, errors));
    let selection = request.body_of(MAX_BODY_BYTES, read)?;
    let (events, next_cursor) = events(store, selection).await?;
    let now = System.now();
    let runs = dry_run::dry_runs(store, &workflow, &events, now).await.map_err(failure)?;
    Ok(Answer::page(runs.iter().map(|run| json!(run)).collect(), next_cursor))
}

/// Runs the published workflow once for each selected event of the event log.
pub(crate) async fn replay(store: &TenantStore, request: &Request, workflow_id: &str) -> EndpointResult {
    let id = id(WorkflowId::parse, workflow_id, "workflow")?;
    let published = match replayable(store, &id).await.map_err(failure)? {
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
    let selection = request.body(|body| input::read(body, |field, errors| archived(field, trigger, errors)))?;
    let (events, next_cursor) = events(store, selection).await?;
    let mut data = Vec::with_capacity(events.len());
    for event in &events {
        let replayed: Replayed = dry_run::replay(store, &System, &published, event).await.map_err(failure)?;
        data.push(json!({"event_id": event.id(), "outcome": replayed}));
    }
    Ok(Answer::page(data, next_cursor))
}

fn selection(field: &Field<'_>, trigger: Trigger, errors: &mut Errors) -> Option<EventSelection> {
    if field.get("events").is_absent() {
        return archived(field, trigger, errors);
    }
    field.object(&["events"], errors)?;
    let read = |field: &Field<'_>, errors: &mut Errors| {
        let value = field.value().cloned().unwrap_or_default();
        match serde_json::from_value::<Envelope>(value) {
            Ok(envelope) => Some(Event::from(envelope)),
            Err(error) => field.reject(format_args!("must be an event as published on the bus: {error}"), errors),
        }
    };
    field.get("events").list(1..=MAX_EVENTS as usize, errors, read).map(EventSelection::Given)
}

fn archived(field: &Field<'_>, trigger: Trigger, errors: &mut Errors) -> Option<EventSelection> {
    field.object(&["from", "to", "coupon_id", "limit", "cursor"], errors)?;
    let instant = |name: &str, errors: &mut Errors| -> Option<Option<DateTime<Utc>>> {
        field.get(name).optional(errors, |field, errors| field.parse(|text| parse_instant(text, None), errors))
    };
    let from = instant("from", errors);
    let to = instant("to", errors);
    let coupon_id = field.get("coupon_id").optional(errors, |field, errors| field.parse(CouponId::parse, errors));
    let limit = field.get("limit").optional(errors, |field, errors| field.integer(1..=MAX_EVENTS, errors));
    let cursor = field.get("cursor").optional(errors, |field, errors| {
        let cursor = |text: &str| {
            decode_cursor(text)
                .filter(|cursor| EventId::parse(cursor).is_ok())
                .ok_or("must be a next_cursor of this endpoint")
        };
        field.parse(cursor, errors)
    });
    let kind = match trigger {
        Trigger::Event(kind) => Some(kind),
        Trigger::Manual => None,
    };
    let query = EventQuery { coupon_id: coupon_id?, kind, from: from?, to: to? };
    let limit = usize::try_from(limit?.unwrap_or(20)).unwrap_or(20);
    Some(EventSelection::Archived { query, page: PageRequest { limit, cursor: cursor? } })
}

async fn events(store: &TenantStore, selection: EventSelection) -> Result<(Vec<Event>, Option<String>), Problem> {
    match selection {
        EventSelection::Given(events) => Ok((events, None)),
        EventSelection::Archived { query, page } => {
            let page = store.events(&query, &page, System.now()).await.map_err(failure)?;
            let read = |envelope: Value| serde_json::from_value::<Envelope>(envelope).ok().map(Event::from);
            Ok((page.data.into_iter().filter_map(read).collect(), page.next_cursor))
        }
    }
}
