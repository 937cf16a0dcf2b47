//! Schemas of responses, generated from the types that the endpoints answer.

use couponflow_domain::kernel::input::FieldError;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use crate::requests;

/// Creates a generator that collects the schemas of responses as components of the document.
pub(crate) fn generator() -> SchemaGenerator {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    settings.with(|settings| settings.definitions_path = "/components/schemas".into()).into_generator()
}

/// Returns the collected schemas.
pub(crate) fn schemas(mut generator: SchemaGenerator) -> Map<String, Value> {
    // The schema of problems, which is written by hand, refers to it.
    generator.subschema_for::<FieldError>();
    let mut schemas = generator.take_definitions(true);
    for with_document in ["Workflow", "WorkflowVersion"] {
        if let Some(schema) = schemas.get_mut(with_document) {
            add_document(schema);
        }
    }
    schemas.values_mut().for_each(join_lines);
    schemas
}

/// Adds the members of a workflow document to the schema of a response that contains them.
fn add_document(schema: &mut Value) {
    let document = requests::workflow::document();
    for member in ["properties", "required"] {
        match (&mut schema[member], &document[member]) {
            (Value::Object(all), Value::Object(more)) => all.extend(more.clone()),
            (Value::Array(all), Value::Array(more)) => all.extend(more.clone()),
            _ => {}
        }
    }
}

/// Joins the lines of each paragraph of the descriptions, because doc comments are wrapped.
fn join_lines(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if name == "description" => {
                        let paragraphs: Vec<String> =
                            text.split("\n\n").map(|lines| lines.replace('\n', " ")).collect();
                        *text = paragraphs.join("\n\n");
                    }
                    _ => join_lines(member),
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(join_lines),
        _ => {}
    }
}
