//! Events.

pub mod event;
