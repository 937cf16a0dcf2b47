//! Request schemas of apply and redeem.

use serde_json::{Value, json};

use super::{CODES, HOLD_SECONDS, SOURCE_LENGTH};
use crate::coupons::code::CouponCode;
use crate::kernel::input::STRING_LENGTH;
use crate::kernel::json_schema::{email, integer, list, object, optional, reference, text};
use crate::kernel::money::AMOUNTS;
use crate::purchases::application_owner::ApplicationToken;
use crate::purchases::customer::{Customer, NAME_LENGTH};
use crate::purchases::order::{COLLECTIONS, LINES, Order, QUANTITIES};

const TOKEN: &str = "The `application_token` of an earlier response for the same order. With a storefront key, the token \
                     is required to apply a code to an order again. A browser can also choose a random token itself, \
                     such as a UUID, and send it from the first request on. Redeem ignores the token.";

/// Schema of a customer. One alternative requires `email`, and the other requires `id`.
fn customer() -> Value {
    let description = "The customer, identified by `email`, by `id`, or by both.";
    let with = |title: &str, required: &str, email: Value, id: Value| {
        let members = [
            ("email", email),
            ("id", id),
            ("first_name", optional(text(NAME_LENGTH, "First name."))),
            ("last_name", optional(text(NAME_LENGTH, "Last name."))),
        ];
        object(title, description, &[required], &members)
    };
    let (email, id) = (email("E-mail address."), Customer::id_schema("The shop's id of the customer."));
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
            ("product_id", text(STRING_LENGTH, "The shop's id of the product.")),
            ("collection_ids", optional(list(COLLECTIONS, text(STRING_LENGTH, "The shop's id of a collection.")))),
            ("product_type", optional(reference("ProductType"))),
            ("quantity", integer(QUANTITIES, "Number of units.")),
            ("unit_amount", integer(AMOUNTS, "Price of one unit in minor units, before any discount.")),
        ],
    )
}

fn order() -> Value {
    object(
        "OrderInput",
        "The order or cart.",
        &["id", "currency", "lines"],
        &[
            ("id", Order::id_schema("The shop's id of the order or cart.")),
            ("currency", reference("Currency")),
            ("lines", list(LINES, reference("LineInput"))),
        ],
    )
}

fn purchase() -> Value {
    let ttl = integer(HOLD_SECONDS, "Duration of the hold in seconds.");
    let hold = object("HoldInput", "Reserves a redemption for the order.", &["ttl_seconds"], &[("ttl_seconds", ttl)]);
    let mut token = ApplicationToken::schema();
    token["description"] = json!(TOKEN);
    let members = |code: (&'static str, Value), codes: (&'static str, Value)| {
        [
            code,
            codes,
            ("customer", optional(reference("CustomerInput"))),
            ("order", reference("OrderInput")),
            ("source", optional(text(SOURCE_LENGTH, "Source of the order, such as `funnel`."))),
            ("hold", optional(hold.clone())),
            ("application_token", optional(token.clone())),
        ]
    };
    let null = || json!({"type": "null"});
    let one = members(("code", CouponCode::schema()), ("codes", null()));
    let several = members(("code", null()), ("codes", list(CODES, CouponCode::schema())));
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
        &[("application_id", reference("ApplicationId")), ("order", reference("OrderInput"))],
    );
    json!({"anyOf": [reference("PurchaseInput"), by_application]})
}

/// Returns the request schemas of apply and redeem and of their parts, by component name.
pub fn request_schemas() -> [(&'static str, Value); 5] {
    [
        ("CustomerInput", customer()),
        ("LineInput", line()),
        ("OrderInput", order()),
        ("PurchaseInput", purchase()),
        ("RedeemInput", redeem()),
    ]
}
