//! The event log.

use couponflow_domain::events::event::EventType;
use serde_json::json;

use crate::operation_doc::OperationDoc;
use crate::parameters::filter;
use crate::reference::schema;
use crate::{list_page, samples, tags};

pub(crate) fn list_events() -> OperationDoc {
    let instant = || json!({"type": "string", "format": "date-time"});
    let kinds: Vec<&str> = EventType::ALL.iter().map(|kind| kind.detail_type()).collect();
    let filters = vec![
        filter("coupon_id", "Only events of this coupon.", schema("CouponId")),
        filter("type", "Only events of this type.", json!({"type": "string", "enum": kinds})),
        filter("from", "Only events at or after this instant.", instant()),
        filter("to", "Only events before this instant.", instant()),
    ];
    OperationDoc::new(
        tags::EVENTS,
        "List events",
        200,
        "EventPage",
        list_page::example(samples::event(EventType::CouponRedeemed)),
    )
    .description(
        "Events of the last 90 days. One request examines at most 2,000 events, and at most 14 days without a matching \
         event. Therefore, a page can be short or empty and still have a `next_cursor`.",
    )
    .list(filters)
}
