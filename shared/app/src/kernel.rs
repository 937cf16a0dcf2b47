//! Shared parts of the use cases: clock, random numbers, pages, errors, metrics and isolation of failures.

pub mod bounded_cache;
pub mod byte_cache;
pub mod error;
pub mod guard;
pub mod metrics;
pub mod page;
pub mod redelivery;
pub mod system;
