//! JSON Schemas of common values, lists and objects, for the schemas of request bodies. The length of a text counts
//! characters. An optional member may also be null. Rules that JSON Schema can't express are in the documentation of the
//! endpoints.

use std::ops::RangeInclusive;

use serde_json::{Map, Value, json};

/// Pattern of single-line text: no line breaks, no control characters except tab, and no characters that XML or SQS
/// reject.
const ONE_LINE: &str = r"^[^\u0000-\u0008\u000A-\u001F\u007F-\u009F\u2028\u2029\uFFFE\uFFFF]*$";
/// Pattern of multi-line text: like [`ONE_LINE`], but with line breaks.
const LINES: &str = r"^[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\uFFFE\uFFFF]*$";

/// Schema of a single line of text.
pub fn text(length: RangeInclusive<usize>, description: &str) -> Value {
    let (min, max) = length.into_inner();
    json!({"type": "string", "minLength": min, "maxLength": max, "pattern": ONE_LINE, "description": description})
}

/// Schema of a text of one or more lines.
pub fn lines(length: RangeInclusive<usize>, description: &str) -> Value {
    let (min, max) = length.into_inner();
    json!({"type": "string", "minLength": min, "maxLength": max, "pattern": LINES, "description": description})
}

/// Schema of a text that is one of these values.
pub fn choice(values: impl serde::Serialize) -> Value {
    json!({"type": "string", "enum": values})
}

/// Schema of a whole number.
pub fn integer(range: RangeInclusive<i64>, description: &str) -> Value {
    let (min, max) = range.into_inner();
    json!({"type": "integer", "minimum": min, "maximum": max, "description": description})
}

/// Schema of an ISO 8601 duration: either weeks, or days and a time.
pub fn duration(description: &str) -> Value {
    let time = r"T(\d{1,5}H(\d{1,6}M)?(\d{1,8}S)?|\d{1,6}M(\d{1,8}S)?|\d{1,8}([.,]\d{1,3})?S)";
    let pattern = format!(r"^P(\d{{1,3}}W|\d{{1,4}}D({time})?|{time})$").replace(r"\d", "[0-9]");
    json!({"type": "string", "pattern": pattern, "description": description})
}

/// Schema of an e-mail address.
pub fn email(description: &str) -> Value {
    json!({"type": "string", "format": "email", "description": description})
}

/// Schema of a member that is true or false.
pub fn boolean(description: &str) -> Value {
    json!({"type": "boolean", "description": description})
}

/// Schema of a list.
pub fn list(count: RangeInclusive<usize>, items: Value) -> Value {
    let (min, max) = count.into_inner();
    json!({"type": "array", "minItems": min, "maxItems": max, "items": items})
}

/// Schema of a member that may be omitted or null. An omitted member and a null member mean the
/// same.
pub fn optional(schema: Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}

/// Schema of an object with exactly these members. The title is the name of the schema in the document and in generated
/// clients.
pub fn object(title: &str, description: &str, required: &[&str], members: &[(&str, Value)]) -> Value {
    let properties: Map<_, _> = members.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    json!({
        "type": "object",
        "title": title,
        "description": description,
        "required": required,
        "properties": properties,
        "additionalProperties": false,
    })
}

/// Reference to a schema in the components of the API document.
pub fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}
