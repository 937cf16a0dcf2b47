//! Timer that resumes an execution.

use chrono::{DateTime, Utc};
use couponflow_domain::automation::execution::Execution;
use couponflow_domain::timers::timer::{Purpose, Timer};

/// Creates a timer that resumes an execution.
pub(crate) fn wake(execution: &Execution, due_at: DateTime<Utc>) -> Timer {
    let purpose = Purpose::ExecutionWake { execution_id: execution.id.clone() };
    Timer { tenant_id: execution.event.metadata.tenant_id.clone(), due_at, purpose }
}
