//! Timers and overdue timers.

pub(crate) mod overdue;
pub(crate) mod timer;
mod wakes;
