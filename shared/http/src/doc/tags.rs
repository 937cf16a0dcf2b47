//! Tags of the document. A tag is a group of operations.

use serde_json::{Value, json};

/// Applying and redeeming codes, and the resulting applications and redemptions.
pub const PURCHASES: &str = "Purchases";
/// Coupons, unique codes and statistics.
pub const COUPONS: &str = "Coupons";
/// Workflows and executions.
pub const WORKFLOWS: &str = "Workflows";
/// Contacts and the suppression list.
pub const CONTACTS: &str = "Contacts";
/// The event log.
pub const EVENTS: &str = "Events";
/// API keys.
pub const ACCESS: &str = "Access";
/// The API itself.
pub const SERVICE: &str = "Service";

/// The tags with their descriptions, in the order of the document.
pub fn all() -> Value {
    json!([
        {"name": PURCHASES, "description": "Apply and redeem codes."},
        {"name": COUPONS, "description": "Coupons with their terms (discount, limits, validity), unique codes and \
            statistics."},
        {"name": WORKFLOWS, "description": "Workflows that coupon events start, executions of workflows, \
            templates, and signing secrets of webhooks."},
        {"name": CONTACTS, "description": "Customers for whom workflows run, and addresses that get no e-mail."},
        {"name": EVENTS, "description": "The log of coupon events, and the events on the bus."},
        {"name": ACCESS, "description": "API keys, and who changed what."},
        {"name": SERVICE, "description": "The OpenAPI document and the health check."},
    ])
}
