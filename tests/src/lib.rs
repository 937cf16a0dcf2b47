//! Harnesses and helpers that the test binaries share. `tests/README.md` says which harness to use
//! when.

pub mod browser;
pub mod due;
pub mod expanded;
pub mod fixtures;
pub mod golden;
pub mod harness;
pub mod local;
pub mod lost_response;
pub mod meter;
pub mod openapi;
pub mod outbound;
pub mod pipeline;
pub mod readme;
pub mod receiver;
pub mod relayed;
pub mod repository;
pub mod scripted;
pub mod shop;
pub mod steps;
pub mod table;
