//! Timers, and the scan that sends due timers to the queue.

pub mod timer;
