//! Request schemas of currencies and amounts.

use couponflow_domain::kernel::money::{Currency, MAX_AMOUNT};
use serde_json::{Map, Value, json};

use super::json_schema::{integer, object};
use couponflow_http::doc::reference::schema;

/// Schema of a currency code. The schema is a pattern, because a generated client would contain a
/// constant for every value of an enumeration.
fn currency() -> Value {
    let letters = || 'A'..='Z';
    let codes = letters().flat_map(|a| letters().flat_map(move |b| letters().map(move |c| format!("{a}{b}{c}"))));
    let known: Vec<String> = codes.filter(|code| Currency::parse(code).is_ok()).collect();
    json!({
        "type": "string",
        "description": "An ISO 4217 currency code.",
        "pattern": format!("^({})$", known.join("|")),
    })
}

fn money() -> Value {
    let amount = integer(0, MAX_AMOUNT, "Amount in minor units.");
    object(
        "MoneyInput",
        "An amount of money.",
        &["amount", "currency"],
        &[("amount", amount), ("currency", schema("Currency"))],
    )
}

pub(super) fn schemas() -> Map<String, Value> {
    Map::from_iter([("Currency".to_owned(), currency()), ("MoneyInput".to_owned(), money())])
}
