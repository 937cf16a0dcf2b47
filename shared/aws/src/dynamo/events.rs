//! The event log and the operations of the relay.

pub(crate) mod events;
pub(crate) mod log_events;
pub(crate) mod relay;
