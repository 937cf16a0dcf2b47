//! Publishes the changes in the table's stream as events.

pub mod ports;
pub mod relay;
