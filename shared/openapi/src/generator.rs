//! Generates JSON Schemas of Rust types with the library schemars, and adapts the schemas to the
//! OpenAPI document.

use schemars::Schema;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::transform::RecursiveTransform;
use serde_json::{Value, json};

/// Returns a schema generator. References in the schemas point to components of the OpenAPI
/// document.
pub(crate) fn generator(settings: SchemaSettings) -> SchemaGenerator {
    settings
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .with_transform(RecursiveTransform(join_lines))
        .with_transform(RecursiveTransform(enumerate))
        .with_transform(RecursiveTransform(remove_null_default))
        .into_generator()
}

/// Joins the lines of each paragraph of the description. The descriptions are doc comments, which
/// have short lines.
fn join_lines(schema: &mut Schema) {
    if let Some(Value::String(description)) = schema.get_mut("description") {
        let paragraphs: Vec<String> = description.split("\n\n").map(|lines| lines.replace('\n', " ")).collect();
        *description = paragraphs.join("\n\n");
    }
}

/// Replaces a `oneOf` of constant texts with an `enum` of the same values. schemars writes a
/// `oneOf`, so that each value has a description. Generators of API clients would generate a type
/// for each alternative. Moves the descriptions of the values to the description of the `enum`, as
/// a list.
fn enumerate(schema: &mut Schema) {
    let Some(alternatives) = schema.get("oneOf").and_then(Value::as_array) else { return };
    let Some(groups) = alternatives.iter().map(values).collect::<Option<Vec<_>>>() else { return };
    let described = alternatives.iter().zip(&groups).filter_map(|(alternative, values)| {
        let [value] = values.as_slice() else { return None };
        Some(format!("- `{}`: {}", value.as_str()?, alternative["description"].as_str()?.replace('\n', " ")))
    });
    let list = described.collect::<Vec<_>>().join("\n");
    let paragraphs = [schema.get("description").and_then(Value::as_str), Some(list.as_str())];
    let description = paragraphs.into_iter().flatten().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n\n");
    let values = groups.concat();
    schema.remove("oneOf");
    schema.insert("type".to_owned(), json!("string"));
    schema.insert("enum".to_owned(), values.into());
    if !description.is_empty() {
        schema.insert("description".to_owned(), description.into());
    }
}

/// Removes a default of null. Some generators of API clients treat a member with a default as
/// always present.
fn remove_null_default(schema: &mut Schema) {
    if schema.get("default").is_some_and(Value::is_null) {
        schema.remove("default");
    }
}

/// Returns the values of a schema that allows only certain texts. Returns `None` for other schemas.
fn values(schema: &Value) -> Option<Vec<Value>> {
    let values = match (&schema["const"], &schema["enum"]) {
        (Value::String(_), _) => vec![schema["const"].clone()],
        (_, Value::Array(values)) => values.clone(),
        _ => return None,
    };
    values.iter().all(Value::is_string).then_some(values)
}
