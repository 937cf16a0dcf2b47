//! Timers and overdue timers.

pub(crate) mod overdue;
mod port;
pub(crate) mod stored_timer;
pub(crate) mod timer;
mod wakes;
