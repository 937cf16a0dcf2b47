//! Fields of the form for the terms of a coupon.

use crate::form::{Field, Kind, Section};

/// What the form is for. The code and its type are set once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Create,
    Edit,
}

/// Values of `code_type`.
const CODE_TYPES: &[(&str, &str)] = &[
    ("shared", "Shared: all customers enter the code above"),
    ("unique", "Unique: each customer enters a code of their own, which works once"),
];

/// Values of the type of the discount.
const DISCOUNT_TYPES: &[(&str, &str)] = &[("percentage", "Percentage"), ("fixed_amount", "Fixed amount")];

/// Values of `duration`.
const DURATIONS: &[(&str, &str)] = &[
    ("once", "Once: only the first payment"),
    ("repeating", "Repeating: the payments of several months"),
    ("forever", "Forever: every payment"),
];

/// Values of `applies_to.product_types`.
const PRODUCT_TYPES: &[(&str, &str)] = &[("one_time", "One-time purchases"), ("recurring", "Subscriptions")];

/// Values of `release_on`.
const RELEASE_REASONS: &[(&str, &str)] =
    &[("payment_failed", "Payment failed"), ("order_cancelled", "Order cancelled"), ("refunded", "Refunded")];

/// Returns the fields in sections.
pub(super) fn sections(purpose: Purpose) -> Vec<Section> {
    let section = |legend, fields| Section { legend, fields };
    vec![
        section("Coupon", coupon(purpose)),
        section("Discount", discount()),
        section("Limits", limits()),
        section("Validity", validity()),
        section("Who and what it is for", scope()),
        section("Subscriptions", subscriptions()),
        section("Events for workflows", notices()),
        section("When a redemption is rolled back or the coupon ends", afterwards()),
        section("Notes", notes()),
    ]
}

fn text(name: &'static str, label: &'static str, hint: &'static str, pointers: &'static [&'static str]) -> Field {
    Field::new(name, label, hint, Kind::Input("text"), pointers)
}

fn coupon(purpose: Purpose) -> Vec<Field> {
    let name = text("name", "Name", "For your team. Customers do not see it.", &["/name"]).required();
    match purpose {
        Purpose::Edit => vec![name],
        Purpose::Create => vec![
            text("code", "Code", "3 to 40 letters and digits. Case does not matter.", &["/code"]).required(),
            name,
            Field::new(
                "code_type",
                "Type of code",
                "The type and the code cannot be changed later.",
                Kind::Select(CODE_TYPES),
                &["/code_type"],
            ),
        ],
    }
}

fn discount() -> Vec<Field> {
    vec![
        Field::new("discount_type", "Type of discount", "", Kind::Select(DISCOUNT_TYPES), &["/discount"]),
        text(
            "percent_off",
            "Percentage",
            "For percentage discounts. For example, 20 or 12.5.",
            &["/discount/percent_off"],
        ),
        text(
            "amount_off",
            "Amount",
            "For fixed-amount discounts. The amount with its currency, such as 30.00 USD. Add amounts in other \
             currencies after a comma: 30.00 USD, 28.00 EUR.",
            &["/discount/amount_off", "/discount/currency", "/discount/currency_options"],
        ),
        text(
            "maximum_discount",
            "Maximum discount per order",
            "For percentage discounts. For example, 50.00 USD, 45.00 EUR. The coupon then accepts orders in these \
             currencies only.",
            &["/maximum_discount"],
        ),
    ]
}

fn limits() -> Vec<Field> {
    vec![
        Field::new(
            "max_redemptions",
            "Redemptions in total",
            "Leave empty for no limit.",
            Kind::Input("number"),
            &["/max_redemptions"],
        ),
        Field::new(
            "max_redemptions_per_customer",
            "Redemptions per customer",
            "Leave empty for no limit.",
            Kind::Input("number"),
            &["/max_redemptions_per_customer"],
        ),
        text(
            "minimum_order_value",
            "Minimum order value",
            "Before any discount, such as 20.00 USD, 18.00 EUR.",
            &["/minimum_order_value"],
        ),
    ]
}

fn validity() -> Vec<Field> {
    let local = Kind::Input("datetime-local");
    vec![
        Field::new("starts_at", "Valid from", "Leave empty to start now.", local.clone(), &["/starts_at"]),
        Field::new("expires_at", "Expires at", "Leave empty for a coupon without end.", local, &["/expires_at"]),
        text(
            "time_zone",
            "Time zone",
            "Applies to both times. For example, Europe/Berlin. Without a time zone, the times are in UTC.",
            &["/time_zone"],
        ),
    ]
}

fn scope() -> Vec<Field> {
    let list = |name, label, pointers| {
        Field::new(name, label, "Ids in your shop, one per line. Leave empty for all.", Kind::Area, pointers)
    };
    vec![
        list("products", "Products", &["/applies_to", "/applies_to/products"]),
        list("collections", "Collections", &["/applies_to/collections"]),
        Field::new(
            "product_types",
            "Types of products",
            "Choose none for all.",
            Kind::Checkboxes(PRODUCT_TYPES),
            &["/applies_to/product_types"],
        ),
        Field::new("combinable", "Can be used together with other codes", "", Kind::Checkbox, &["/combinable"]),
        Field::new(
            "only_for_email",
            "Only for the customer with this e-mail address",
            "Other customers are told that the code does not exist.",
            Kind::Input("email"),
            &["/only_for", "/only_for/email"],
        ),
        text(
            "only_for_customer_id",
            "Only for the customer with this id",
            "The id in your shop.",
            &["/only_for/customer_id"],
        ),
    ]
}

fn subscriptions() -> Vec<Field> {
    vec![
        Field::new("duration", "Discounted payments", "", Kind::Select(DURATIONS), &["/duration"]),
        Field::new(
            "duration_in_months",
            "Number of months",
            "For repeating discounts only.",
            Kind::Input("number"),
            &["/duration_in_months"],
        ),
    ]
}

fn notices() -> Vec<Field> {
    vec![
        text(
            "abandonment_window",
            "An applied code counts as abandoned after",
            "For example, 1 hour, 30 minutes or 2 days. Leave empty to never report abandoned codes.",
            &["/abandonment_window"],
        ),
        text(
            "thresholds",
            "Report when the limit is near",
            "For example, 80%, 10 left. Requires a limit in total.",
            &["/thresholds"],
        ),
        text(
            "expiry_lead_times",
            "Report before the coupon expires",
            "For example, 1 day, 1 hour.",
            &["/expiry_lead_times"],
        ),
    ]
}

fn afterwards() -> Vec<Field> {
    vec![
        Field::new(
            "release_on",
            "A rolled-back redemption is available again if the reason is",
            "",
            Kind::Checkboxes(RELEASE_REASONS),
            &["/release_on"],
        ),
        text(
            "backup_coupon_id",
            "Backup coupon",
            "Code or id of the coupon that a workflow can activate in place of this coupon.",
            &["/backup_coupon_id"],
        ),
        Field::new(
            "offer_backup",
            "Offer the backup coupon when this coupon is used up, paused or expired",
            "",
            Kind::Checkbox,
            &["/offer_backup"],
        ),
    ]
}

fn notes() -> Vec<Field> {
    let hint = "One per line, such as team=growth.";
    vec![Field::new("metadata", "Metadata", hint, Kind::Area, &["/metadata"])]
}
