//! Whose turn it is.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Map;

use super::record::{Done, Outcome, most_attempts};
use super::steps::{AfterWait, Attempt, Memory, StepRecord, StepStatus};
use super::{Execution, ExecutionStatus, LEASE, Lease};
use crate::digest::Bits80;
use crate::workflow::{Action, Definition, Step};

/// What there is to do for an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextAction {
    /// Save this claim, then do the step at its position.
    Perform(Box<Execution>),
    /// Save this: a step was settled without being done again.
    Settled(Box<Execution>),
    /// Somebody else is at it; look again when their lease has run out.
    Leased,
    /// Its time has not come; a timer due then will wake it.
    Sleep(DateTime<Utc>),
    /// Nothing is left.
    Ended,
}

/// The first way of a wait for an event: it happened.
pub(super) const HAPPENED: usize = 0;

/// The second: it did not.
const TIMED_OUT: usize = 1;

/// How long an event takes, at most and usually, from the write that it comes of until it is logged.
const UNTIL_LOGGED: TimeDelta = TimeDelta::seconds(3);

impl Execution {
    /// What there is to do now, given its workflow version. `token` is random: it marks a claim as this caller's, and what
    /// a step makes at random is made from that of its first claim.
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
            NextAction::Settled(Box::new(self.record(workflow, &Done::without_input(outcome), [0; 10], now)))
        };
        let Some(record) = self.current() else { return NextAction::Perform(Box::new(self.claim(step, token, now))) };
        match (record.status, record.memory.then, &step.action) {
            (StepStatus::Running, _, action) if !action.is_repeatable() => {
                let detail = "the function stopped after the attempt began and before its outcome was recorded";
                settled(Outcome::Unknown(detail.to_owned()))
            }
            (StepStatus::Running, _, action) if record.tries() >= most_attempts(action) => {
                settled(Outcome::Failed("the last attempt was cut off before its outcome was recorded".to_owned()))
            }
            (StepStatus::Waiting, AfterWait::TimedOut, Action::WaitForEvent { .. }) => {
                settled(Outcome::Took(TIMED_OUT, "it did not happen in time".to_owned()))
            }
            (StepStatus::Waiting, AfterWait::TimedOut, Action::Goal { .. }) => {
                settled(Outcome::End("the goal was not met within a year".to_owned()))
            }
            (StepStatus::Waiting, AfterWait::TimedOut | AfterWait::Done, _) => settled(Outcome::Completed(Map::new())),
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

    /// When a timer is to wake it; none where it does not wait. A wait for an event is looked at a little after its end, so
    /// that the log has what happened just before.
    pub fn timer_due(&self) -> Option<DateTime<Utc>> {
        let wake_at = self.wake_at.filter(|_| !self.status.is_over())?;
        let listens = self.current().is_some_and(|record| record.memory.then == AfterWait::TimedOut);
        Some(if listens { wake_at + UNTIL_LOGGED } else { wake_at })
    }

    fn claim(&self, step: &Step, token: Bits80, now: DateTime<Utc>) -> Self {
        let mut next = self.moved(now);
        next.status = ExecutionStatus::Running;
        // Without a contact, the customer of the event is one who was erased. No step gets to see them.
        if next.contact.is_none() {
            next.event.data.customer = None;
        }
        let hex: String = token.iter().map(|byte| format!("{byte:02x}")).collect();
        if next.current().is_none() {
            next.steps.push(StepRecord {
                place: self.position,
                id: step.id.clone(),
                r#type: step.action.name().to_owned(),
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
            let token = hex.clone();
            record.attempts.push(Attempt { started_at: now, finished_at: None, outcome: None, error: None, token });
        }
        next.lease = Some(Lease { token: hex, until: now + LEASE });
        next
    }
}
