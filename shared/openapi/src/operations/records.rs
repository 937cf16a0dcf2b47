//! The event log.

use couponflow_domain::event::EventType;
use serde_json::json;

use super::page;
use crate::entry::Entry;
use crate::parameters::filter;
use crate::{samples, schema};

pub(crate) fn list_events() -> Entry {
    let instant = || json!({"type": "string", "format": "date-time"});
    let kinds: Vec<&str> = EventType::ALL.iter().map(|kind| kind.detail_type()).collect();
    let filters = vec![
        filter("coupon_id", "Of this coupon.", schema("CouponId")),
        filter("type", "Of this type.", json!({"type": "string", "enum": kinds})),
        filter("from", "At or after.", instant()),
        filter("to", "Before.", instant()),
    ];
    Entry::new("Events", "List events", 200, "EventPage", page(samples::event(EventType::CouponRedeemed)))
        .described("The log of the last 90 days.")
        .list(filters)
}
