//! Commands of operators: direct invocations of the function.

pub(crate) mod configure_tenant;
pub(crate) mod create_tenant;
pub(crate) mod overdue_timers;
