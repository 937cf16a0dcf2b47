//! Generates the OpenAPI 3.1 document from the code:
//!
//! - The file of an endpoint contains its documentation. Paths and scopes come from the route
//!   table.
//! - Response schemas are generated from the types that the handlers return.
//! - Error responses come from the codes of problems and rejections.
//! - Request schemas are next to the readers in `couponflow-domain`, and share their limits. Contract tests compare the
//!   members of schemas and readers, and flow tests send valid and invalid requests.
//!
//! `infra/CONTRIBUTING.md` describes how to add an endpoint.

mod components;
mod document;
mod events;
mod generator;
mod problem_schema;
mod requests;
mod response_schemas;
mod workflow_schema;

pub use document::document;
pub use workflow_schema::workflow_schema;
