//! Shared parts of the use cases: clock, random numbers, pages, errors and isolation of failures.

pub mod bounded_cache;
pub mod error;
pub mod guard;
pub mod page;
pub mod redelivery;
pub mod system;
