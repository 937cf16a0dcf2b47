//! Publishing what the table's stream reports.

pub mod ports;
pub mod relay;
