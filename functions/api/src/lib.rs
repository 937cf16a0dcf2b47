//! All endpoints of the HTTP API except apply and redeem, and the commands of operators, who invoke
//! the function directly. The endpoints are in a library beside the binary, so that the assembler
//! of the OpenAPI document can read the documentation of the endpoints.

mod call;
mod commands;
mod console;
mod dispatch;
mod endpoints;
mod handler;
mod reply;

pub use endpoints::documented_operations;
pub use handler::Api;
