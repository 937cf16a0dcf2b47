//! Between API Gateway and the use cases: requests, keys, answers and problems.
#![allow(async_fn_in_trait, reason = "one task drives each use case and nothing is spawned, so no future need be Send")]

pub mod answer;
pub mod auth;
pub mod idempotency;
pub mod openapi;
pub mod precondition;
pub mod problem;
pub mod problem_code;
pub mod request;
pub mod routes;
pub mod view;

pub use answer::{Answer, Response, to_gateway};
pub use precondition::{IfMatch, etag};
pub use problem::Problem;
pub use problem_code::ProblemCode;
pub use request::{PageLimit, Request};
pub use routes::Operation;
