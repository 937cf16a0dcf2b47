//! Contacts and the event log.

use couponflow_domain::event::EventType;
use couponflow_http::Operation;
use serde_json::json;

use super::{DELIVERABLE, page};
use crate::entry::Entry;
use crate::parameters::filter;
use crate::{samples, schema};

pub(crate) fn list_contacts() -> Entry {
    let email = filter("email", "With this address.", json!({"type": "string", "format": "email"}));
    Entry::new("Contacts", "List contacts", 200, "ContactPage", page(samples::contact()))
        .list(vec![email])
        .link(Operation::ReadContact, "/data/0/id")
        .rule("?email", DELIVERABLE)
}

pub(crate) fn read_contact() -> Entry {
    Entry::new("Contacts", "Read a contact", 200, "Contact", samples::contact()).of("ContactId")
}

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
