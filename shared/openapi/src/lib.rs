//! Generates the OpenAPI 3.1 document from the code:
//!
//! - Operations document themselves beside their handlers. Paths and scopes come from the routes.
//! - Response schemas come from the types that the handlers return.
//! - Errors come from the problem and rejection codes.
//! - Request schemas are written by hand in `requests`. Tests send valid and invalid requests to check
//!   that the parsers in `couponflow-domain` agree with these schemas.
//!
//! `infra/CONTRIBUTING.md` says how to add an endpoint.

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
