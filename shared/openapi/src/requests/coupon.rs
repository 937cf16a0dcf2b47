//! The terms of a coupon.

use couponflow_domain::money::MAX_AMOUNT;
use serde_json::{Map, Value, json};

use super::{integer, lines, list, object, optional, text};
use crate::schema;

/// White space around a code is dropped.
pub(super) fn code() -> Value {
    let blank = r"[\t\n\r \u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]*";
    json!({
        "type": "string",
        "pattern": format!("^{blank}[A-Za-z0-9]{{3,40}}{blank}$"),
        "description": "Letters and digits. Case does not matter; it is kept in capitals.",
    })
}

fn instant(description: &str) -> Value {
    json!({"type": "string", "format": "date-time", "description": description})
}

fn limit(description: &str) -> Value {
    optional(integer(1, 1_000_000_000, description))
}

fn discount() -> Value {
    let share = json!({"type": "number", "exclusiveMinimum": 0, "maximum": 100, "multipleOf": 0.01,
        "description": "At most two decimal places."});
    let percentage = object(
        "A share of the eligible lines.",
        &["type", "percent_off"],
        &[("type", json!({"const": "percentage"})), ("percent_off", share)],
    );
    let fixed = object(
        "A fixed amount, at most what the eligible lines cost.",
        &["type", "amount_off", "currency"],
        &[
            ("type", json!({"const": "fixed_amount"})),
            ("amount_off", integer(1, MAX_AMOUNT, "Minor units.")),
            ("currency", schema("Currency")),
        ],
    );
    json!({"oneOf": [percentage, fixed]})
}

fn applies_to() -> Value {
    let ids = |description: &str| optional(list(0, 500, text(1, 200, description)));
    let types = optional(list(0, 2, schema("ProductType")));
    let members =
        [("products", ids("A product id.")), ("collections", ids("A collection id.")), ("product_types", types)];
    object("Which lines it applies to: all, where nothing is said.", &[], &members)
}

fn metadata() -> Value {
    json!({
        "type": "object",
        "description": "The operator's own notes.",
        "maxProperties": 50,
        "propertyNames": {"minLength": 1, "maxLength": 40, "pattern": r"^[^\u0000-\u001F\u007F-\u009F]*$"},
        "additionalProperties": lines(0, 500, "A note."),
    })
}

pub(super) fn schemas() -> Map<String, Value> {
    let release_on = list(0, 3, schema("RollbackReason"));
    let coupon = object(
        "The terms of a coupon.",
        &["code", "name", "discount"],
        &[
            ("code", code()),
            ("name", text(1, 200, "The operator's name for it.")),
            ("discount", schema("DiscountInput")),
            ("max_redemptions", limit("How many redemptions are permitted in all; without it, any number.")),
            ("max_redemptions_per_customer", limit("How many are permitted to one customer.")),
            ("starts_at", optional(instant("From when on it is valid."))),
            ("expires_at", optional(instant("From when on it is not valid any more."))),
            ("minimum_order_value", optional(schema("MoneyInput"))),
            ("applies_to", optional(schema("AppliesToInput"))),
            ("release_on", optional(release_on)),
            ("backup_coupon_id", optional(schema("CouponId"))),
            ("metadata", optional(metadata())),
        ],
    );
    Map::from_iter([
        ("CouponInput".to_owned(), coupon),
        ("DiscountInput".to_owned(), discount()),
        ("AppliesToInput".to_owned(), applies_to()),
    ])
}
