//! `POST /v1/apply`. A library beside the binary, so that the OpenAPI document can be assembled from the endpoint.

mod handler;

pub use handler::{Apply, documented_operation};
