//! The event log and the operations of the relay.

pub(crate) mod event_log;
pub(crate) mod log_events;
mod port;
mod sweep;
