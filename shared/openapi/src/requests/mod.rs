//! Schemas of request bodies, as precise as JSON Schema allows. Optional members may also be null.

mod contact;
mod coupon;

pub(crate) use coupon::code;

mod filter;
mod purchase;
mod template;
pub(crate) mod workflow;

use couponflow_domain::kernel::money::{Currency, MAX_AMOUNT};
use serde_json::{Map, Value, json};

/// Pattern of single-line text: no line breaks, no control characters except tab, and no characters that XML or SQS
/// reject.
const ONE_LINE: &str = r"^[^\u0000-\u0008\u000A-\u001F\u007F-\u009F\u2028\u2029\uFFFE\uFFFF]*$";
/// Pattern of multi-line text: like [`ONE_LINE`], but with line breaks.
const LINES: &str = r"^[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\uFFFE\uFFFF]*$";

/// The schemas of all request bodies and their parts.
pub(crate) fn schemas() -> Map<String, Value> {
    let mut schemas = Map::new();
    schemas.insert("Currency".into(), currency());
    schemas.insert("MoneyInput".into(), money());
    schemas.extend(contact::schemas());
    schemas.extend(coupon::schemas());
    schemas.extend(purchase::schemas());
    schemas.extend(workflow::schemas());
    schemas.extend(filter::schemas());
    schemas.extend(template::schemas());
    schemas
}

fn text(min: usize, max: usize, description: &str) -> Value {
    json!({"type": "string", "minLength": min, "maxLength": max, "pattern": ONE_LINE, "description": description})
}

fn lines(min: usize, max: usize, description: &str) -> Value {
    json!({"type": "string", "minLength": min, "maxLength": max, "pattern": LINES, "description": description})
}

fn integer(min: i64, max: i64, description: &str) -> Value {
    json!({"type": "integer", "minimum": min, "maximum": max, "description": description})
}

/// Schema of an ISO 8601 duration: either weeks, or days and a time.
fn duration(description: &str) -> Value {
    let time = r"T(\d{1,5}H(\d{1,6}M)?(\d{1,8}S)?|\d{1,6}M(\d{1,8}S)?|\d{1,8}([.,]\d{1,3})?S)";
    let pattern = format!(r"^P(\d{{1,3}}W|\d{{1,4}}D({time})?|{time})$").replace(r"\d", "[0-9]");
    json!({"type": "string", "pattern": pattern, "description": description})
}

fn email(description: &str) -> Value {
    json!({"type": "string", "format": "email", "description": description})
}

fn list(min: usize, max: usize, items: Value) -> Value {
    json!({"type": "array", "minItems": min, "maxItems": max, "items": items})
}

/// Schema of a member that may be omitted or null, which mean the same.
fn optional(schema: Value) -> Value {
    let mut optional = nullable(schema);
    optional["default"] = Value::Null;
    optional
}

/// Schema of a member that may be null. Unlike [`optional`], it has no default: another schema requires one of several
/// such members.
fn nullable(schema: Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}

/// Schema of an object with exactly these members.
fn object(description: &str, required: &[&str], members: &[(&str, Value)]) -> Value {
    let properties: Map<_, _> = members.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    json!({
        "type": "object",
        "description": description,
        "required": required,
        "properties": properties,
        "additionalProperties": false,
    })
}

/// Schema of a currency code. It uses a pattern instead of an enumeration because generated clients would otherwise
/// contain a constant for every currency.
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
        "An amount of money.",
        &["amount", "currency"],
        &[("amount", amount), ("currency", crate::schema("Currency"))],
    )
}
