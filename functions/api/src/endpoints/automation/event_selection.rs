//! Reads the events for a dry run or a replay: events in the request, or events that the request
//! selects from the event log.

use std::ops::RangeInclusive;

use chrono::{DateTime, Utc};
use couponflow_app::events::ports::{EventQuery, EventStore as _};
use couponflow_app::kernel::page::PageRequest;
use couponflow_app::kernel::system::Clock as _;
use couponflow_aws::dynamo::TenantStore;
use couponflow_aws::system::System;
use couponflow_domain::automation::workflow::Trigger;
use couponflow_domain::events::event::{Envelope, Event};
use couponflow_domain::kernel::cursor::Cursor;
use couponflow_domain::kernel::ids::{CouponId, EventId};
use couponflow_domain::kernel::input::{Errors, Field};
use couponflow_domain::kernel::instants::parse_instant;
use couponflow_domain::kernel::json_schema::{integer, list, object, optional, reference};
use couponflow_http::cursor::{self, decode_cursor};
use couponflow_http::{PageLimit, Problem};
use serde_json::{Value, json};

use crate::reply::failure;

/// Permitted numbers of events in a request.
const GIVEN_EVENTS: RangeInclusive<usize> = 1..=100;

/// Number of past events per page.
const PAGE: PageLimit = PageLimit::STANDARD;

/// Permitted numbers of past events per page.
const PAGE_SIZES: RangeInclusive<i64> = 1..=PAGE.most as i64;

/// Events of a dry run or a replay.
pub(super) enum EventSelection {
    Given(Vec<Event>),
    Archived { query: EventQuery, page: PageRequest },
}

/// Request schema of a selection.
pub(super) fn selection_schema() -> Value {
    let event = json!({
        "type": "object",
        "title": "EventInput",
        "required": ["detail-type", "detail"],
        "description": "An event as published on the bus.",
    });
    let events = [("events", list(GIVEN_EVENTS, event))];
    let given = object("DryRunEventsInput", "Events sent with the request.", &["events"], &events);
    json!({"anyOf": [given, reference("ReplayInput")]})
}

pub(super) fn selection(field: &Field<'_>, trigger: Trigger, errors: &mut Errors) -> Option<EventSelection> {
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
    field.get("events").list(GIVEN_EVENTS, errors, read).map(EventSelection::Given)
}

/// Request schema of a selection of past events.
pub(super) fn archived_schema() -> Value {
    let instant =
        |description: &str| optional(json!({"type": "string", "format": "date-time", "description": description}));
    let limit = format!("Maximum number of events per response. Default: {}.", PAGE.usual);
    let members = [
        ("from", instant("Start of the time range, inclusive.")),
        ("to", instant("End of the time range, exclusive.")),
        ("coupon_id", optional(reference("CouponId"))),
        ("limit", optional(integer(PAGE_SIZES, &limit))),
        ("cursor", optional(cursor::schema())),
    ];
    let description =
        "Selects past events from the event log: events of the trigger's type in a time range, newest first.";
    object("ReplayInput", description, &[], &members)
}

pub(super) fn archived(field: &Field<'_>, trigger: Trigger, errors: &mut Errors) -> Option<EventSelection> {
    field.object(&["from", "to", "coupon_id", "limit", "cursor"], errors)?;
    let instant = |name: &str, errors: &mut Errors| -> Option<Option<DateTime<Utc>>> {
        field.get(name).optional(errors, |field, errors| field.parse(|text| parse_instant(text, None), errors))
    };
    let from = instant("from", errors);
    let to = instant("to", errors);
    let coupon_id = field.get("coupon_id").optional(errors, |field, errors| field.parse(CouponId::parse, errors));
    let limit = field.get("limit").optional(errors, |field, errors| field.integer(PAGE_SIZES, errors));
    let cursor = field.get("cursor").optional(errors, |field, errors| {
        let cursor = |text: &str| {
            decode_cursor(text)
                .filter(|cursor| EventId::parse(cursor.as_str()).is_ok())
                .ok_or("must be a next_cursor of this endpoint")
        };
        field.parse(cursor, errors)
    });
    let kind = match trigger {
        Trigger::Event(kind) => Some(kind),
        Trigger::Manual => None,
    };
    let query = EventQuery { coupon_id: coupon_id?, kind, from: from?, to: to? };
    let limit = limit?.map_or(PAGE.usual, |limit| usize::try_from(limit).unwrap_or_default());
    Some(EventSelection::Archived { query, page: PageRequest { limit, cursor: cursor? } })
}

pub(super) async fn events(
    store: &TenantStore,
    selection: EventSelection,
) -> Result<(Vec<Event>, Option<Cursor>), Problem> {
    match selection {
        EventSelection::Given(events) => Ok((events, None)),
        EventSelection::Archived { query, page } => {
            let page = store.events(&query, &page, System.now()).await.map_err(failure)?;
            let read = |envelope: Value| serde_json::from_value::<Envelope>(envelope).ok().map(Event::from);
            Ok((page.data.into_iter().filter_map(read).collect(), page.next_cursor))
        }
    }
}
