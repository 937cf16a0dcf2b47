//! All endpoints of the HTTP API except apply and redeem, and operators' commands, which are direct invocations of the
//! function. A library beside the binary, so that the OpenAPI document can be assembled from the endpoints.

mod call;
mod commands;
mod endpoints;
mod handler;
mod reply;

pub use endpoints::documented_operations;
pub use handler::Api;
