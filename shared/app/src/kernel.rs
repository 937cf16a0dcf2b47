//! What every use case needs: clock, random numbers, pages, errors and isolation of failures.

pub mod error;
pub mod guard;
pub mod page;
pub mod system;
