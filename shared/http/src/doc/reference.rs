//! `$ref`s to the components of the document.

use serde_json::{Value, json};

/// Returns a `$ref` to a schema.
pub fn schema(name: &str) -> Value {
    component("schemas", name)
}

/// Returns a `$ref` to a parameter that several operations share.
pub fn parameter(name: &str) -> Value {
    component("parameters", name)
}

/// Returns a `$ref` to a response that several operations share.
pub fn response(name: &str) -> Value {
    component("responses", name)
}

/// Returns a `$ref` to an example.
pub fn example(name: &str) -> Value {
    component("examples", name)
}

/// Returns a `$ref` to a response header.
pub fn header(name: &str) -> Value {
    component("headers", name)
}

fn component(kind: &str, name: &str) -> Value {
    json!({"$ref": format!("#/components/{kind}/{name}")})
}
