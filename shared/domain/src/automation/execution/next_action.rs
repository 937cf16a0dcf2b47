//! Decision about what to do next for an execution.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Map;

use super::outcome::Outcome;
use super::record::AttemptResult;
use super::retry_schedule::max_attempts;
use super::steps::{AfterWait, Attempt, Memory, StepRecord, StepStatus};
use super::{Execution, ExecutionStatus, LEASE, Lease, LeaseToken};
use crate::automation::workflow::{Definition, Step};
use crate::kernel::digest::Bits80;

/// What to do next for an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextAction {
    /// Save this claim, then perform the step at its position.
    Perform(Box<Execution>),
    /// Save this transition, which settles a step without performing it.
    Settled(Box<Execution>),
    /// Nothing now: another instance holds the lease. Check again after the lease has expired.
    Leased,
    /// Nothing before this instant, when a timer wakes the execution.
    Sleep(DateTime<Utc>),
    /// Nothing: the execution has ended.
    Ended,
}

/// Expected maximum time from the write that causes an event until the event is in the event log.
const LOG_DELAY: TimeDelta = TimeDelta::seconds(3);

impl Execution {
    /// Decides what to do now. `token` is random and identifies the claim. The token of the first
    /// claim of a step is also the seed for all random values that the step generates.
    pub fn next_action(&self, workflow: &Definition, token: Bits80, now: DateTime<Utc>) -> NextAction {
        let Some(step) = workflow.steps.get(self.position) else { return NextAction::Ended };
        if self.status.is_over() {
            return NextAction::Ended;
        }
        if let Some(wake_at) = self.wake_at.filter(|wake_at| now < *wake_at) {
            return NextAction::Sleep(wake_at);
        }
        if self.lease.as_ref().is_some_and(|lease| now < lease.until) {
            return NextAction::Leased;
        }
        let settled = |outcome: Outcome| {
            NextAction::Settled(Box::new(self.record(workflow, &AttemptResult::without_input(outcome), [0; 10], now)))
        };
        let Some(record) = self.current() else { return NextAction::Perform(Box::new(self.claim(step, token, now))) };
        match (record.status, record.memory.then, &step.action) {
            (StepStatus::Running, _, action) if !action.kind().properties().is_repeatable => {
                let detail = "the function stopped after the attempt began and before its outcome was recorded";
                settled(Outcome::Unknown(detail.to_owned()))
            }
            (StepStatus::Running, _, action) if record.tries() >= max_attempts(action) => {
                settled(Outcome::Failed("the last attempt was interrupted before its outcome was recorded".to_owned()))
            }
            (StepStatus::Waiting, AfterWait::TimedOut, action) => {
                settled(action.awaited().map_or_else(|| Outcome::Completed(Map::new()), |awaited| awaited.timed_out))
            }
            (StepStatus::Waiting, AfterWait::Done, _) => settled(Outcome::Completed(Map::new())),
            (
                StepStatus::Running
                | StepStatus::Waiting
                | StepStatus::Completed
                | StepStatus::Skipped
                | StepStatus::Unknown
                | StepStatus::Failed,
                AfterWait::Try | AfterWait::Done | AfterWait::TimedOut,
                _,
            ) => NextAction::Perform(Box::new(self.claim(step, token, now))),
        }
    }

    /// Returns the instant at which a timer must wake the execution. Returns `None` if the
    /// execution is not waiting. For a wait for an event, the instant is a little later than the
    /// end of the wait, because the event log must first contain everything that happened before
    /// the end.
    pub fn timer_due(&self) -> Option<DateTime<Utc>> {
        let wake_at = self.wake_at.filter(|_| !self.status.is_over())?;
        let listens = self.current().is_some_and(|record| record.memory.then == AfterWait::TimedOut);
        Some(if listens { wake_at + LOG_DELAY } else { wake_at })
    }

    fn claim(&self, step: &Step, token: Bits80, now: DateTime<Utc>) -> Self {
        let mut next = self.next_revision(now);
        next.status = ExecutionStatus::Running;
        // If there is no contact, the customer of the event was erased. Steps must not see the customer.
        if next.contact.is_none() {
            next.event.data.customer = None;
        }
        let lease_token = LeaseToken::new(token);
        if next.current().is_none() {
            next.steps.push(StepRecord {
                place: self.position,
                id: step.id.clone(),
                r#type: step.action.kind().into(),
                status: StepStatus::Running,
                attempts: Vec::new(),
                input: Map::new(),
                output: Map::new(),
                detail: None,
                started_at: now,
                finished_at: None,
                memory: Memory { seed: token, ..Memory::default() },
            });
        }
        if let Some(record) = next.steps.last_mut() {
            record.status = StepStatus::Running;
            let token = lease_token.clone();
            record.attempts.push(Attempt { started_at: now, finished_at: None, outcome: None, error: None, token });
        }
        next.lease = Some(Lease { token: lease_token, until: now + LEASE });
        next
    }
}
