//! `POST /v1/redeem`. The endpoint is in a library beside the binary, so that the assembler of the
//! OpenAPI document can read the documentation of the endpoint.

mod handler;

pub use handler::{Redeem, documented_operation};
