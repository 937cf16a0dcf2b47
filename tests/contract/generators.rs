//! The schemas of the OpenAPI document have only forms that common generators of clients
//! understand. Decision 0120 (in `infra/decisions`) lists what the generators make of other forms.

use couponflow_tests::repository;
use serde_json::{Value, json};

/// Calls `visit` with each schema of the document and its JSON pointer.
fn each_schema(document: &Value, visit: &mut impl FnMut(&str, &Value)) {
    for place in ["/components/schemas", "/components/responses", "/components/parameters", "/paths", "/webhooks"] {
        walk(&document.pointer(place).cloned().unwrap_or_default(), place, visit);
    }
}

fn walk(value: &Value, place: &str, visit: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(members) => {
            visit(place, value);
            let data = ["const", "default", "enum", "example", "examples"];
            let schemas = members.iter().filter(|(name, _)| !data.contains(&name.as_str()));
            schemas.for_each(|(name, member)| walk(member, &format!("{place}/{name}"), visit));
        }
        Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(i, element)| walk(element, &format!("{place}/{i}"), visit));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Returns the alternatives of a schema.
fn alternatives(schema: &Value) -> Option<&Vec<Value>> {
    ["oneOf", "anyOf"].into_iter().find_map(|keyword| schema[keyword].as_array())
}

/// Lists the places whose schema has a form that some generator misunderstands.
fn faults(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    each_schema(document, &mut |place, schema| {
        let component = place.strip_prefix("/components/schemas/").filter(|name| !name.contains('/'));
        let is_object = schema["type"] == "object"
            || schema["properties"].is_object()
            || schema["type"].as_array().is_some_and(|types| types.iter().any(|name| name == "object"));
        let fault = if is_object && component.is_none() {
            "an object schema is not a component"
        } else if is_object && schema["title"].as_str() != component {
            "the title of an object schema is not its name"
        } else if schema.get("default").is_some_and(Value::is_null) {
            "an optional member has the default null"
        } else if schema["properties"].is_object() && alternatives(schema).is_some() {
            "an alternative is not a whole schema"
        } else if alternatives(schema).is_some_and(|all| all.iter().all(|one| one.get("const").is_some())) {
            "constants are not an enum"
        } else if schema["enum"].is_array() && schema["type"].is_null() {
            "an enum has no type"
        } else if schema["type"] == "array" && schema.get("items").or(schema.get("prefixItems")).is_none() {
            "an array has no items"
        } else {
            return;
        };
        found.push(format!("{place}: {fault}"));
    });
    found
}

#[test]
fn every_schema_has_a_form_that_generators_understand() {
    let found = faults(&repository::json("shared/http/openapi.json"));
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn forms_that_generators_misunderstand_are_found() {
    let cases = [
        ("an object schema is not a component", json!({"type": "array", "items": {"type": "object"}})),
        ("an object schema is not a component", json!({"anyOf": [{"type": ["object", "null"]}]})),
        ("an object schema is not a component", json!({"allOf": [{"properties": {"a": {"type": "string"}}}]})),
        ("the title of an object schema is not its name", json!({"type": "object", "title": "Other"})),
        ("an optional member has the default null", json!({"anyOf": [{"type": "null"}], "default": null})),
        ("an alternative is not a whole schema", json!({"title": "Case", "properties": {}, "oneOf": []})),
        ("constants are not an enum", json!({"oneOf": [{"const": "a"}, {"const": "b"}]})),
        ("an enum has no type", json!({"enum": ["a", "b"]})),
        ("an array has no items", json!({"type": "array"})),
    ];
    for (fault, schema) in cases {
        let found = faults(&json!({"components": {"schemas": {"Case": schema}}}));
        assert!(found.len() == 1 && found[0].ends_with(fault), "{schema}: {found:?}");
    }
}
