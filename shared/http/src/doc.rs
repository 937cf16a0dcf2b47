//! Documentation of the endpoints. The crate `couponflow-openapi` assembles the OpenAPI document
//! from this documentation.

pub mod documented_operation;
pub mod documented_problem;
pub mod error_responses;
pub mod operation_doc;
pub mod parameters;
pub mod reference;
pub mod rules;
pub mod samples;
pub mod tags;

pub use documented_operation::DocumentedOperation;
pub use operation_doc::OperationDoc;
