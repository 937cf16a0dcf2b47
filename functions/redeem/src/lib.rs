//! `POST /v1/redeem`. A library beside the binary, so that the OpenAPI document can be assembled from the endpoint.

mod handler;

pub use handler::{Redeem, documented_operation};
