//! Request schemas of currencies and amounts.

use serde_json::{Value, json};

use super::{AMOUNTS, Currency};
use crate::kernel::json_schema::{integer, object, reference};

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
    let amount = integer(AMOUNTS, "Amount in minor units.");
    object(
        "MoneyInput",
        "An amount of money.",
        &["amount", "currency"],
        &[("amount", amount), ("currency", reference("Currency"))],
    )
}

/// Returns the request schemas of currencies and amounts, by component name.
pub fn request_schemas() -> [(&'static str, Value); 2] {
    [("Currency", currency()), ("MoneyInput", money())]
}
