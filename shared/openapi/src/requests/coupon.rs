//! The terms of a coupon.

use couponflow_domain::code::MOST_CODES;
use couponflow_domain::money::MAX_AMOUNT;
use couponflow_domain::workflow::EACH_ITS_OWN;
use serde_json::{Map, Value, json};

use super::{duration, email, integer, lines, list, object, optional, text};
use crate::schema;

/// White space around a code is dropped.
pub(crate) fn code() -> Value {
    let blank = r"[\t\n\r \u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]*";
    json!({
        "type": "string",
        "pattern": format!("^{blank}[A-Za-z0-9]{{3,40}}{blank}$"),
        "description": "Letters and digits. Case does not matter; it is kept in capitals.",
    })
}

/// With an offset, or a local date-time where `time_zone` is given.
fn instant(description: &str) -> Value {
    let local =
        "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?$";
    json!({"description": description, "anyOf": [
        {"type": "string", "format": "date-time"},
        {"type": "string", "pattern": local},
    ]})
}

fn amounts() -> Value {
    json!({"anyOf": [schema("MoneyInput"), list(1, 50, schema("MoneyInput"))]})
}

fn threshold() -> Value {
    let percent = ("percent_used", integer(1, 99, "So many percent of the limit are redeemed."));
    let remaining = ("remaining", integer(1, 1_000_000_000, "So many redemptions are left."));
    json!({"oneOf": [object("A share of the limit.", &["percent_used"], &[percent]),
        object("The last redemptions.", &["remaining"], &[remaining])]})
}

fn limit(description: &str) -> Value {
    optional(integer(1, 1_000_000_000, description))
}

fn percentage() -> [(&'static str, Value); 1] {
    let share = json!({"type": "number", "exclusiveMinimum": 0, "maximum": 100, "multipleOf": 0.01,
        "description": "At most two decimal places."});
    [("percent_off", share)]
}

/// `option` is the schema of the amount in another currency.
fn fixed_amount(option: Value) -> [(&'static str, Value); 3] {
    let options = json!({
        "type": "object",
        "description": "The amounts for orders in other currencies.",
        "maxProperties": 49,
        "propertyNames": schema("Currency"),
        "additionalProperties": option,
    });
    [
        ("amount_off", integer(1, MAX_AMOUNT, "Minor units.")),
        ("currency", schema("Currency")),
        ("currency_options", optional(options)),
    ]
}

fn amount_in_another_currency() -> Value {
    object("An amount.", &["amount_off"], &[("amount_off", integer(1, MAX_AMOUNT, "Minor units."))])
}

fn discount() -> Value {
    let of_type =
        |name: &str, members: &[(&'static str, Value)]| [&[("type", json!({"const": name}))], members].concat();
    let percentage = of_type("percentage", &percentage());
    let fixed_amount = of_type("fixed_amount", &fixed_amount(amount_in_another_currency()));
    json!({"oneOf": [
        object("A share of the eligible lines.", &["type", "percent_off"], &percentage),
        object(
            "A fixed amount, at most what the eligible lines cost.",
            &["type", "amount_off", "currency"],
            &fixed_amount,
        ),
    ]})
}

/// A new discount, or what to change of the one that there is.
fn discount_patch() -> Value {
    json!({"anyOf": [
        schema("DiscountInput"),
        object("Of a percentage.", &[], &percentage()),
        object("Of a fixed amount.", &[], &fixed_amount(optional(amount_in_another_currency()))),
    ]})
}

fn applies_to() -> Value {
    let ids = |description: &str| optional(list(0, 500, text(1, 200, description)));
    let types = optional(list(0, 2, schema("ProductType")));
    let members =
        [("products", ids("A product id.")), ("collections", ids("A collection id.")), ("product_types", types)];
    object("Which lines it applies to: all, where nothing is said.", &[], &members)
}

fn only_for() -> Value {
    let members = [
        ("email", optional(email("Their address."))),
        ("customer_id", optional(text(1, 200, "The shop's id of them."))),
    ];
    let description = "The one customer who may use it. For a request of anybody else, or without a customer, there is no such \
                       coupon (`coupon_not_found`).";
    object(description, &[], &members)
}

fn metadata(note: Value) -> Value {
    json!({
        "type": "object",
        "description": "The operator's own notes.",
        "maxProperties": 50,
        "propertyNames": {"minLength": 1, "maxLength": 40, "pattern": r"^[^\u0000-\u001F\u007F-\u009F]*$"},
        "additionalProperties": note,
    })
}

/// The members of terms.
fn terms() -> Vec<(&'static str, Value)> {
    let release_on = list(0, 3, schema("RollbackReason"));
    let word = |words: &[&str]| json!({"type": "string", "enum": words});
    vec![
        ("code", code()),
        ("code_type", optional(word(&["shared", "unique"]))),
        ("name", text(1, 200, "The operator's name for it.")),
        ("discount", schema("DiscountInput")),
        ("maximum_discount", optional(amounts())),
        ("duration", optional(word(&["once", "repeating", "forever"]))),
        ("duration_in_months", optional(integer(1, 120, "Calendar months, with `repeating`."))),
        ("max_redemptions", limit("How many redemptions are permitted in all; without it, any number.")),
        ("max_redemptions_per_customer", limit("How many are permitted to one customer.")),
        ("starts_at", optional(instant("From when on it is valid."))),
        ("expires_at", optional(instant("From when on it is not valid any more."))),
        (
            "time_zone",
            optional(json!({"type": "string", "description": "Of the IANA database, for local date-times."})),
        ),
        ("minimum_order_value", optional(amounts())),
        ("applies_to", optional(schema("AppliesToInput"))),
        ("combinable", optional(json!({"type": "boolean", "default": true}))),
        ("release_on", optional(release_on)),
        (
            "abandonment_window",
            optional(duration(
                "How long after the customer's last apply to an order it counts as abandoned. From PT1S to P90D.",
            )),
        ),
        ("thresholds", optional(list(0, 10, threshold()))),
        ("expiry_lead_times", optional(list(0, 10, duration("From PT1M to P366D.")))),
        ("backup_coupon_id", optional(schema("CouponId"))),
        ("only_for", optional(only_for())),
        ("offer_backup", optional(json!({"type": "boolean", "default": false}))),
        ("metadata", optional(metadata(lines(0, 500, "A note.")))),
    ]
}

/// The terms of a coupon that a workflow makes: those that each has for itself are left out.
pub(super) fn new_terms() -> Value {
    let members: Vec<_> = terms().into_iter().filter(|(name, _)| !EACH_ITS_OWN.contains(name)).collect();
    object("Its terms: those of a coupon, but for what each has for itself.", &["name", "discount"], &members)
}

pub(super) fn schemas() -> Map<String, Value> {
    let members = terms();
    let coupon = object("The terms of a coupon.", &["code", "name", "discount"], &members);
    let patch = members.clone().into_iter().map(|(name, member)| match name {
        "discount" => (name, discount_patch()),
        "metadata" => (name, optional(metadata(optional(lines(0, 500, "A note."))))),
        _ => (name, member),
    });
    let patch: Vec<_> = patch.collect();
    let patch = object("The terms to change.", &[], &patch);
    let codes = object(
        "How many unique codes, and what they look like.",
        &["count"],
        &[
            ("count", integer(1, MOST_CODES, "How many.")),
            ("prefix", optional(json!({"type": "string", "pattern": "^[A-Za-z0-9]{0,20}$"}))),
            ("length", optional(integer(1, 40, "Random characters after the prefix; 13 where nothing is said."))),
            ("random_bits", optional(integer(1, 196, "Instead of `length`: how hard to guess."))),
            ("allow_guessable", optional(json!({"type": "boolean", "default": false}))),
        ],
    );
    Map::from_iter([
        ("CodesInput".to_owned(), codes),
        ("CouponInput".to_owned(), coupon),
        ("CouponPatch".to_owned(), patch),
        ("DiscountInput".to_owned(), discount()),
        ("AppliesToInput".to_owned(), applies_to()),
    ])
}
