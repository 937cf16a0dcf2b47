//! Operations with their documentation, of any answer.

use schemars::SchemaGenerator;
use serde_json::Value;

use crate::Operation;
use crate::doc::OperationDoc;

/// An operation and its documentation. Unlike [`OperationDoc`], it does not name the type of the answer, so operations
/// with different answers fit into one list.
pub struct DocumentedOperation {
    pub operation: Operation,
    document: Box<dyn FnOnce(&mut SchemaGenerator) -> Value>,
}

impl DocumentedOperation {
    /// Creates an entry for the list of operations that the OpenAPI document contains.
    pub fn new<T: 'static>(operation: Operation, doc: fn() -> OperationDoc<T>) -> Self {
        Self { operation, document: Box::new(move |schemas| doc().document(operation, schemas)) }
    }

    /// Builds the OpenAPI operation object. Adds the schemas of the response to `schemas`.
    pub fn document(self, schemas: &mut SchemaGenerator) -> Value {
        (self.document)(schemas)
    }
}
