//! Steps of a workflow.

use chrono::TimeDelta;

use super::action::{Action, Next};

/// Reserved id of the step that sends the alert about a failure.
pub(super) const ALERT: &str = "on_failure";

/// Maximum duration in a step. A wait until an instant has no such limit.
pub const MAX_WAIT: TimeDelta = TimeDelta::days(366);

/// Every `type` of step that a document can have.
pub const STEP_TYPES: &[&str] = &[
    "add_tag",
    "remove_tag",
    "add_to_list",
    "remove_from_list",
    "send_email",
    "notify",
    "webhook",
    "pause_coupon",
    "replace_with_backup_coupon",
    "generate_coupon",
    "extend_coupon",
    "raise_limit",
    "start_workflow",
    "stop_workflow",
    "wait",
    "wait_for_event",
    "branch",
    "random_split",
    "for_each_contact",
    "goal",
];

/// One step of a workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Name, unique in the workflow.
    pub id: String,
    pub action: Action,
    /// Where the execution continues, unless the action chooses a branch.
    pub next: Next,
    /// Position in the document, as an RFC 6901 pointer.
    pub pointer: String,
}

impl Step {
    /// Returns where the execution continues if the step was skipped or failed. This is the last
    /// branch if the step has branches, and otherwise the next step. After a wait, the execution
    /// ends instead, because the steps after the wait must not run early.
    pub fn fallback(&self) -> Next {
        match self.action.gates_later_steps() {
            true => Next::End,
            false => self.action.branches().last().copied().unwrap_or(self.next),
        }
    }
}
