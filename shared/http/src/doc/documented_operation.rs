//! Operations with their documentation, independent of the type of the answer.

use schemars::SchemaGenerator;
use serde_json::Value;

use crate::Operation;
use crate::doc::OperationDoc;

/// An operation and its documentation. Unlike [`OperationDoc`], this type does not name the type of
/// the answer. Therefore one list can contain operations with different answers.
pub struct DocumentedOperation {
    pub operation: Operation,
    document: Box<dyn FnOnce(&mut SchemaGenerator) -> Value>,
}

impl DocumentedOperation {
    /// Combines an operation with the function that returns its documentation.
    pub fn new<T: 'static>(operation: Operation, doc: fn() -> OperationDoc<T>) -> Self {
        Self { operation, document: Box::new(move |schemas| doc().document(operation, schemas)) }
    }

    /// Builds the OpenAPI operation object. Adds the schemas that the object uses to
    /// `schemas`.
    pub fn document(self, schemas: &mut SchemaGenerator) -> Value {
        (self.document)(schemas)
    }
}
