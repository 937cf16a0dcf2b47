//! Publishes changes of stored items, which arrive on the table's stream, as events.

pub mod ports;
pub mod relay;
pub mod sweep;
