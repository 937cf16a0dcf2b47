//! Firing timers, and the scan that sends them.

pub mod expiry_scan;
pub mod fire;
pub mod overdue;
pub mod ports;
