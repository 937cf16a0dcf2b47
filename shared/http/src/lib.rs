//! HTTP layer between API Gateway and the use cases: requests, authentication, answers and
//! problems.
#![allow(async_fn_in_trait, reason = "each future is awaited on one task and never spawned, so it need not be Send")]

pub mod answer;
pub mod auth;
pub mod body;
pub mod cursor;
pub mod doc;
pub mod idempotency;
pub mod openapi;
pub mod precondition;
mod printable;
pub mod problem;
pub mod problem_code;
pub mod rate_limits;
pub mod reply;
pub mod request;
pub mod request_log;
pub mod response;
pub mod routes;
pub mod serve;
mod unknown_keys;
pub mod view;

pub use answer::Answer;
pub use body::{Html, NoContent, Page};
pub use precondition::{IfMatch, etag};
pub use problem::Problem;
pub use problem_code::ProblemCode;
pub use reply::{EndpointResult, Reply};
pub use request::{PageLimit, Request};
pub use response::{Response, to_gateway};
pub use routes::Operation;
pub use serve::serve;
