//! Overdue timers, for operators.

pub(crate) mod overdue_timers;
