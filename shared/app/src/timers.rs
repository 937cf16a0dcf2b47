//! Fires timers, and scans for timers that are due soon.

pub mod expiry_scan;
pub mod fire;
pub mod overdue;
pub mod ports;
