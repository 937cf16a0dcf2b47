//! Makes every schema that has a title a component of the OpenAPI document. Generators of API
//! clients name the generated types after the components.

use serde_json::{Map, Value};

use couponflow_http::doc::reference;

/// Replaces each schema inside `value` that has a title with a reference. Adds the schema to
/// `components` under its title. If `components` has a different schema under this title, leaves
/// the schema unchanged.
pub(crate) fn extract(value: &mut Value, components: &mut Map<String, Value>) {
    match value {
        Value::Object(members) => {
            let schemas = members.iter_mut().filter(|(keyword, _)| !holds_data(keyword));
            schemas.for_each(|(_, member)| extract_whole(member, components));
        }
        Value::Array(elements) => elements.iter_mut().for_each(|element| extract_whole(element, components)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Like [`extract`], but also replaces `value` itself if it has a title.
fn extract_whole(value: &mut Value, components: &mut Map<String, Value>) {
    extract(value, components);
    let Some(title) = value.get("title").and_then(Value::as_str).map(str::to_owned) else { return };
    if components.get(&title).is_none_or(|known| known == value) {
        let schema = std::mem::replace(value, reference::schema(&title));
        components.insert(title, schema);
    }
}

/// Moves schemas with a title that are inside a component to components of their own. Gives every
/// component that is an object schema its name as title.
pub(crate) fn flatten(components: &mut Map<String, Value>) {
    let names: Vec<String> = components.keys().cloned().collect();
    for name in names {
        let mut schema = components.remove(&name).unwrap_or_default();
        extract(&mut schema, components);
        if schema["type"] == "object" {
            schema["title"] = name.as_str().into();
        }
        components.insert(name, schema);
    }
    components.sort_keys();
}

/// Whether the value of a keyword of JSON Schema or OpenAPI is data instead of schemas.
fn holds_data(keyword: &str) -> bool {
    matches!(keyword, "const" | "default" | "enum" | "example" | "examples")
}
