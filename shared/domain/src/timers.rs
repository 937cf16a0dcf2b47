//! Timers and the scan that sends them.

pub mod timer;
