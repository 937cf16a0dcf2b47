//! Metrics of the use cases, recorded with the `metrics` facade. The functions print them after each invocation.
//!
//! No label identifies a person, a tenant or a coupon, because CloudWatch stores and bills each value of a label as a
//! metric of its own.

use chrono::TimeDelta;
use couponflow_domain::automation::execution::{Execution, StepStatus};
use metrics::{counter, histogram};

/// Accepted attempts to apply a code.
pub const APPLIED: &str = "Applied";

/// Redeemed codes.
pub const REDEEMED: &str = "Redeemed";

/// Rejected attempts to apply or redeem a code, by `Reason`.
pub const REJECTED: &str = "Rejected";

/// Events that the bus accepted.
pub const EVENTS_PUBLISHED: &str = "EventsPublished";

/// Events that the bus did not accept. The relay publishes them again.
pub const EVENTS_NOT_PUBLISHED: &str = "EventsNotPublished";

/// Started executions of workflows.
pub const EXECUTIONS: &str = "Executions";

/// Steps that ended, by `Outcome`.
pub const STEPS: &str = "Steps";

/// Time from the due time of a timer until the timer fires, in seconds.
pub const TIMER_LATENESS: &str = "TimerLateness";

/// Timers that a scan moved to the list of overdue timers, because they did not fire after 30 resends, and timers of
/// this list that a scan resent.
pub const TIMERS_OVERDUE: &str = "TimersOverdue";

/// Calls of DynamoDB, each with its retries.
pub const STORE_CALLS: &str = "StoreCalls";

/// Every metric.
pub const ALL: [&str; 10] = [
    APPLIED,
    REDEEMED,
    REJECTED,
    EVENTS_PUBLISHED,
    EVENTS_NOT_PUBLISHED,
    EXECUTIONS,
    STEPS,
    TIMER_LATENESS,
    TIMERS_OVERDUE,
    STORE_CALLS,
];

/// Label of [`REJECTED`].
pub const REASON: &str = "Reason";

/// Label of [`STEPS`].
pub const OUTCOME: &str = "Outcome";

/// Counts an accepted attempt to apply a code.
pub fn applied() {
    counter!(APPLIED).increment(1);
}

/// Counts a redeemed code.
pub fn redeemed() {
    counter!(REDEEMED).increment(1);
}

/// Counts a rejected attempt by the code of its rejection.
pub fn rejected(code: &'static str) {
    counter!(REJECTED, REASON => code).increment(1);
}

/// Counts the events of one call of the bus.
pub fn events_sent(published: u64, not_published: u64) {
    counter!(EVENTS_PUBLISHED).increment(published);
    counter!(EVENTS_NOT_PUBLISHED).increment(not_published);
}

/// Counts a call of DynamoDB.
pub fn store_called() {
    counter!(STORE_CALLS).increment(1);
}

/// Counts timers that a scan moved to the list of overdue timers, or resent from this list.
pub(crate) fn timers_overdue(count: usize) {
    counter!(TIMERS_OVERDUE).increment(count as u64);
}

/// Counts a started execution.
pub(crate) fn execution_started() {
    counter!(EXECUTIONS).increment(1);
}

/// Counts the latest step of an execution if the step has ended.
pub(crate) fn stepped(execution: &Execution) {
    let outcome = match execution.steps.last().map(|step| step.status) {
        Some(StepStatus::Completed) => "completed",
        Some(StepStatus::Skipped) => "skipped",
        Some(StepStatus::Unknown) => "unknown",
        Some(StepStatus::Failed) => "failed",
        Some(StepStatus::Running | StepStatus::Waiting) | None => return,
    };
    counter!(STEPS, OUTCOME => outcome).increment(1);
}

/// Records how late a timer fires.
pub(crate) fn timer_fired(late: TimeDelta) {
    histogram!(TIMER_LATENESS).record(late.as_seconds_f64().max(0.0));
}
