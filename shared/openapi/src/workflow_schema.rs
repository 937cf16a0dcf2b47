//! The JSON Schema of workflow documents, which `events/schemas/workflow.json` contains.

use serde_json::{Map, Value, json};

/// Builds the JSON Schema of a workflow document from the components of `document`, the OpenAPI
/// document. Includes all schemas to which the JSON Schema refers, directly or indirectly.
pub fn workflow_schema(document: &Value) -> Value {
    let schemas = &document["components"]["schemas"];
    let mut definitions = Map::new();
    let mut wanted = vec!["WorkflowInput".to_owned()];
    while let Some(name) = wanted.pop() {
        if definitions.contains_key(&name) {
            continue;
        }
        let schema = schemas[&name].clone();
        references(&schema, &mut wanted);
        definitions.insert(name, schema);
    }
    definitions.sort_keys();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Workflow",
        "$ref": "#/components/schemas/WorkflowInput",
        "components": {"schemas": definitions},
    })
}

/// Adds to `names` the names of the components to which `schema` refers.
fn references(schema: &Value, names: &mut Vec<String>) {
    match schema {
        Value::Object(map) => {
            let name =
                map.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix("#/components/schemas/"));
            names.extend(name.map(str::to_owned));
            map.values().for_each(|value| references(value, names));
        }
        Value::Array(elements) => elements.iter().for_each(|value| references(value, names)),
        _ => {}
    }
}
