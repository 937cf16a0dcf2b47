//! Makes a component of every schema that has a title, because generators of clients name a type after its component.

use serde_json::{Map, Value};

use couponflow_http::doc::reference;

/// Replaces each schema with a title that is inside `value` by a reference, and adds the schema to `components` under its
/// title. A schema stays where it is if `components` has another schema of this name.
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

/// Like [`extract`], but replaces `value` itself as well.
fn extract_whole(value: &mut Value, components: &mut Map<String, Value>) {
    extract(value, components);
    let Some(title) = value.get("title").and_then(Value::as_str).map(str::to_owned) else { return };
    if components.get(&title).is_none_or(|known| known == value) {
        let schema = std::mem::replace(value, reference::schema(&title));
        components.insert(title, schema);
    }
}

/// Moves the titled schemas inside the components to components of their own, and gives every object schema a title.
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

/// Whether a keyword of JSON Schema or OpenAPI holds data instead of schemas.
fn holds_data(keyword: &str) -> bool {
    matches!(keyword, "const" | "default" | "enum" | "example" | "examples")
}
