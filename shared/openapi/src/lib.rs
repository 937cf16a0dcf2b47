//! Generates the OpenAPI 3.1 document from the code:
//!
//! - Paths and scopes come from the routes.
//! - Errors come from the problem and rejection codes.
//! - Response schemas come from Rust types.
//! - Request schemas are written by hand in `requests`. Tests send valid and invalid requests to check
//!   that the parsers in `couponflow-domain` agree with these schemas.
//!
//! To add an endpoint, add a row to `couponflow_http::routes` and an entry to `operations`.

mod document;
mod documented_problem;
mod error_responses;
mod events;
mod list_page;
mod operation_doc;
mod operations;
mod parameters;
mod problem_schema;
mod reference;
mod requests;
mod samples;
mod tags;
mod views;
mod workflow_schema;

pub use document::document;
pub use workflow_schema::workflow_schema;
