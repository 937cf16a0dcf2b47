//! The event log.

pub(crate) mod events;
