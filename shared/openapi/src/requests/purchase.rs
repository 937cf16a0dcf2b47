//! Request schemas of apply, redeem and rollback.

use couponflow_domain::kernel::money::MAX_AMOUNT;
use serde_json::{Map, Value, json};

use super::json_schema::{email, integer, list, object, optional, text};
use couponflow_http::doc::parameters::code;
use couponflow_http::doc::reference::schema;

/// Schema of a customer. One alternative requires `email`, and the other requires `id`.
fn customer() -> Value {
    let description = "The customer, identified by `email`, by `id`, or by both.";
    let with = |title: &str, required: &str, email: Value, id: Value| {
        let members = [
            ("email", email),
            ("id", id),
            ("first_name", optional(text(1, 100, "First name."))),
            ("last_name", optional(text(1, 100, "Last name."))),
        ];
        object(title, description, &[required], &members)
    };
    let (email, id) = (email("E-mail address."), text(1, 100, "The shop's id of the customer."));
    json!({"description": description, "anyOf": [
        with("CustomerWithEmailInput", "email", email.clone(), optional(id.clone())),
        with("CustomerWithIdInput", "id", optional(email), id),
    ]})
}

fn line() -> Value {
    object(
        "LineInput",
        "An order line: a quantity of one product.",
        &["product_id", "quantity", "unit_amount"],
        &[
            ("product_id", text(1, 200, "The shop's id of the product.")),
            ("collection_ids", optional(list(0, 50, text(1, 200, "The shop's id of a collection.")))),
            ("product_type", optional(schema("ProductType"))),
            ("quantity", integer(1, 1_000_000, "Number of units.")),
            ("unit_amount", integer(0, MAX_AMOUNT, "Price of one unit in minor units, before any discount.")),
        ],
    )
}

fn order() -> Value {
    object(
        "OrderInput",
        "The order or cart.",
        &["id", "currency", "lines"],
        &[
            ("id", text(1, 100, "The shop's id of the order or cart.")),
            ("currency", schema("Currency")),
            ("lines", list(1, 500, schema("LineInput"))),
        ],
    )
}

fn purchase() -> Value {
    let ttl = integer(1, 86_400, "Duration of the hold in seconds.");
    let hold = object("HoldInput", "Reserves a redemption for the order.", &["ttl_seconds"], &[("ttl_seconds", ttl)]);
    let members = |code: (&'static str, Value), codes: (&'static str, Value)| {
        [
            code,
            codes,
            ("customer", optional(schema("CustomerInput"))),
            ("order", schema("OrderInput")),
            ("source", optional(text(1, 50, "Source of the order, such as `funnel`."))),
            ("hold", optional(hold.clone())),
        ]
    };
    let null = || json!({"type": "null"});
    let one = members(("code", code()), ("codes", null()));
    let several = members(("code", null()), ("codes", list(1, 10, code())));
    json!({"description": "An order with one `code` or several `codes`.", "oneOf": [
        object("OneCodeInput", "An order with one code.", &["code", "order"], &one),
        object("SeveralCodesInput", "An order with several codes.", &["codes", "order"], &several),
    ]})
}

fn redeem() -> Value {
    let by_application = object(
        "RedeemApplicationInput",
        "The application to redeem, and the paid order.",
        &["application_id", "order"],
        &[("application_id", schema("ApplicationId")), ("order", schema("OrderInput"))],
    );
    json!({"anyOf": [schema("PurchaseInput"), by_application]})
}

pub(super) fn schemas() -> Map<String, Value> {
    let rollback =
        object("RollbackInput", "The reason of the rollback.", &[], &[("reason", optional(schema("RollbackReason")))]);
    Map::from_iter([
        ("CustomerInput".to_owned(), customer()),
        ("LineInput".to_owned(), line()),
        ("OrderInput".to_owned(), order()),
        ("PurchaseInput".to_owned(), purchase()),
        ("RedeemInput".to_owned(), redeem()),
        ("RollbackInput".to_owned(), rollback),
    ])
}
