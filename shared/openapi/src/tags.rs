//! Tags, which group the operations.

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
        {"name": WORKFLOWS, "description": "Automation triggered by coupon events, and its executions."},
        {"name": CONTACTS, "description": "Customers for whom workflows run."},
        {"name": EVENTS, "description": "The log of coupon events, and the events on the bus."},
        {"name": SERVICE, "description": "This API: OpenAPI document and health."},
    ])
}
