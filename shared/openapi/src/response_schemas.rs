//! Schemas of responses, generated from the types that the endpoints answer.

use couponflow_domain::kernel::input::FieldError;
use schemars::SchemaGenerator;
use serde_json::{Map, Value};

use crate::requests;

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
