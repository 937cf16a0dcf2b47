//! Tags of the document. A tag is a group of operations.

use serde_json::{Value, json};

pub(crate) const PURCHASES: &str = "Purchases";
pub(crate) const COUPONS: &str = "Coupons";
pub(crate) const WORKFLOWS: &str = "Workflows";
pub(crate) const CONTACTS: &str = "Contacts";
pub(crate) const EVENTS: &str = "Events";
pub(crate) const SERVICE: &str = "Service";

/// The tags with their descriptions, in the order of the document.
pub(crate) fn all() -> Value {
    json!([
        {"name": PURCHASES, "description": "Apply and redeem codes."},
        {"name": COUPONS, "description": "Coupons with their terms (discount, limits, validity), unique codes and \
            statistics."},
        {"name": WORKFLOWS, "description": "Workflows that coupon events trigger, and the executions of workflows."},
        {"name": CONTACTS, "description": "Customers for whom workflows run."},
        {"name": EVENTS, "description": "The log of coupon events, and the events on the bus."},
        {"name": SERVICE, "description": "The OpenAPI document and the health check."},
    ])
}
