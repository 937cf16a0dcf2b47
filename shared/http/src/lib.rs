//! Between API Gateway and the use cases: requests, keys, answers and problems.
#![allow(async_fn_in_trait, reason = "one task drives each use case and nothing is spawned, so no future need be Send")]

pub mod answer;
pub mod auth;
pub mod problem;
pub mod request;
pub mod view;

pub use answer::{Answer, to_gateway};
pub use problem::Problem;
pub use request::{PageLimit, Request};
