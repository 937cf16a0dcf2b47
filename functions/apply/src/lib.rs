//! `POST /v1/apply`. The endpoint is in a library beside the binary, so that the assembler of the
//! OpenAPI document can read the documentation of the endpoint.

mod handler;

pub use handler::{Apply, documented_operation};
