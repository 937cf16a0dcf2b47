//! Schemas of responses, generated from the types that the handlers return.

use couponflow_domain::automation::workflow::document_schema;
use schemars::SchemaGenerator;
use serde_json::{Map, Value};

/// Returns the schemas that `generator` has collected, with the members of workflow documents
/// added.
pub(crate) fn schemas(mut generator: SchemaGenerator) -> Map<String, Value> {
    let mut schemas = generator.take_definitions(true);
    for with_document in ["Workflow", "WorkflowVersion"] {
        if let Some(schema) = schemas.get_mut(with_document) {
            add_document(schema);
        }
    }
    schemas
}

/// Adds the members of a workflow document to the schema of a response. The response contains the
/// members beside its own members.
fn add_document(schema: &mut Value) {
    let document = document_schema();
    for member in ["properties", "required"] {
        match (&mut schema[member], &document[member]) {
            (Value::Object(all), Value::Object(more)) => all.extend(more.clone()),
            (Value::Array(all), Value::Array(more)) => all.extend(more.clone()),
            _ => {}
        }
    }
}
