//! Commands of operators. Operators invoke the function directly, not over HTTP.

pub(crate) mod configure_tenant;
pub(crate) mod create_tenant;
pub(crate) mod overdue_timers;
