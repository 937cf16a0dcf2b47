//! Executions: one run of one workflow version for one event.
//!
//! ```text
//! running --(claim)-----------------> running, step leased
//! leased  --(outcome: completed)----> next step, or completed
//! leased  --(outcome: wait)---------> waiting, woken by a timer
//! leased  --(outcome: failed)-------> waiting for the next attempt, or failed after the last
//! leased  --(lease ran out)---------> claimed again; an e-mail's outcome is then unknown and it is not sent again;
//!                                     failed when it was claimed as often as a step may be tried
//! waiting --(claim after its time)--> running
//! ```
//!
//! Every transition is a value: the store saves it under the condition that nobody else made one since.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::digest::{Bits80, bits80};
use crate::event::{Detail, Event, EventType};
use crate::ids::{ContactId, ExecutionId, WorkflowId};
use crate::plan::Published;
use crate::timer::NEAR;
use crate::workflow::{Action, Step};

/// How long a step may take before another instance may take it over: longer than the function's time limit.
pub const LEASE: TimeDelta = TimeDelta::seconds(60);

/// Attempts at a step before the execution fails.
pub const MAX_ATTEMPTS: u32 = 8;

/// The wait before the second attempt; it doubles with each further one, and up to half as much again is added at
/// random so that steps that failed together are not tried again together.
pub const FIRST_BACK_OFF: TimeDelta = TimeDelta::seconds(5);

/// Where an execution is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExecutionStatus {
    /// Under way.
    Running,
    /// Until a timer wakes it.
    Waiting,
    /// Every step is done.
    Completed,
    /// A step failed for good.
    Failed,
}

/// Where a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// Its turn has not come.
    Pending,
    /// Claimed and under way.
    Running,
    /// Waiting, by its nature or for another attempt.
    Waiting,
    /// Done.
    Completed,
    /// There was nothing to do; the detail says why.
    Skipped,
    /// It may have happened or not; not repeated.
    Unknown,
    /// Failed for good.
    Failed,
}

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StepRecord {
    /// The step's name.
    pub id: String,
    /// The step's type.
    pub r#type: String,
    /// Where it is.
    pub status: StepStatus,
    /// Times it was tried.
    pub attempts: u32,
    /// What it put out.
    #[serde(default)]
    pub output: Map<String, Value>,
    /// Why it was skipped, failed or is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// First attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<DateTime<Utc>>,
    /// When its outcome was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<DateTime<Utc>>,
}

/// One run of one workflow version for one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    /// Derived from the event and the workflow.
    pub id: ExecutionId,
    /// The workflow.
    pub workflow_id: WorkflowId,
    /// The version that it began with and stays with.
    pub workflow_version: i64,
    /// The event's type.
    pub event_type: EventType,
    /// The event.
    pub event: Detail,
    /// For whom.
    pub contact: Option<ContactId>,
    /// Where it is.
    pub status: ExecutionStatus,
    /// The step that is next or under way.
    pub position: usize,
    /// Every step, done or not.
    pub steps: Vec<StepRecord>,
    /// While a step is under way: whose turn it is, and until when.
    pub lease: Option<Lease>,
    /// While it waits: until when.
    pub wake_at: Option<DateTime<Utc>>,
    /// Counts transitions; each is saved under the condition that the stored count is the one it started from.
    pub revision: i64,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// The last transition.
    pub updated_at: DateTime<Utc>,
}

/// A claim on the step under way. The token tells two instances that claim in the same millisecond apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Random.
    pub token: String,
    /// From when on somebody else may take the step over.
    pub until: DateTime<Utc>,
}

/// What an attempt at a step came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Done, with what later steps can refer to.
    Completed(Map<String, Value>),
    /// Nothing to do, and why.
    Skipped(String),
    /// Not done; the next attempt may succeed.
    Retry(String),
    /// Not done, and no attempt ever will.
    Failed(String),
    /// Perhaps done; must not be repeated.
    Unknown(String),
    /// A wait that has begun.
    WaitUntil(DateTime<Utc>),
}

/// What there is to do for an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Save this claim, then do the step at its position.
    Do(Box<Execution>),
    /// Save this: a step was settled without being done again.
    Settled(Box<Execution>),
    /// Somebody else is at it; look again when their lease has run out.
    Leased,
    /// Its time has not come; a timer due then will wake it.
    Asleep(DateTime<Utc>),
    /// Nothing is left.
    Ended,
}

impl Execution {
    /// An execution that has not begun.
    pub fn new(event: &Event, contact: Option<ContactId>, workflow: &Published, now: DateTime<Utc>) -> Self {
        let nature = [event.id().as_str(), workflow.id.as_str()];
        let pending = |step: &Step| StepRecord {
            id: step.id.clone(),
            r#type: step.action.name().to_owned(),
            status: StepStatus::Pending,
            attempts: 0,
            output: Map::new(),
            detail: None,
            started_at: None,
            finished_at: None,
        };
        Self {
            id: ExecutionId::new(now, bits80(&nature)),
            workflow_id: workflow.id.clone(),
            workflow_version: workflow.version,
            event_type: event.kind,
            event: event.detail(),
            contact,
            status: ExecutionStatus::Running,
            position: 0,
            steps: workflow.definition.steps.iter().map(pending).collect(),
            lease: None,
            wake_at: None,
            revision: 1,
            created_at: now,
            updated_at: now,
        }
    }

    /// The event that it runs for.
    pub fn event(&self) -> Event {
        let Detail { metadata, data } = self.event.clone();
        Event { kind: self.event_type, metadata, data }
    }

    /// What the steps so far put out, by step id.
    pub fn outputs(&self) -> BTreeMap<String, Map<String, Value>> {
        self.steps.iter().map(|step| (step.id.clone(), step.output.clone())).collect()
    }

    fn moved(&self, now: DateTime<Utc>) -> Self {
        Self { revision: self.revision + 1, updated_at: now, lease: None, ..self.clone() }
    }

    /// What there is to do now, given the steps of its workflow version. `token` is random: it marks a claim as this
    /// caller's.
    pub fn turn(&self, steps: &[Step], token: Bits80, now: DateTime<Utc>) -> Turn {
        let Some(step) = steps.get(self.position) else { return Turn::Ended };
        match self.status {
            ExecutionStatus::Completed | ExecutionStatus::Failed => return Turn::Ended,
            ExecutionStatus::Running | ExecutionStatus::Waiting => {}
        }
        if let Some(wake_at) = self.wake_at.filter(|wake_at| now < *wake_at) {
            return Turn::Asleep(wake_at);
        }
        if self.lease.as_ref().is_some_and(|lease| now < lease.until) {
            return Turn::Leased;
        }
        let record = &self.steps[self.position];
        match (record.status, &step.action) {
            (StepStatus::Running, action) if !action.is_repeatable() => {
                let detail = "the function stopped after the attempt began and before its outcome was recorded";
                Turn::Settled(Box::new(self.record(&Outcome::Unknown(detail.to_owned()), [0; 10], now)))
            }
            (StepStatus::Running, _) if record.attempts >= MAX_ATTEMPTS => {
                let detail = "every attempt was cut off before its outcome was recorded";
                Turn::Settled(Box::new(self.record(&Outcome::Failed(detail.to_owned()), [0; 10], now)))
            }
            (StepStatus::Waiting, Action::Wait { .. }) => {
                Turn::Settled(Box::new(self.record(&Outcome::Completed(Map::new()), [0; 10], now)))
            }
            _ => Turn::Do(Box::new(self.claim(token, now))),
        }
    }

    fn claim(&self, token: Bits80, now: DateTime<Utc>) -> Self {
        let mut next = self.moved(now);
        next.status = ExecutionStatus::Running;
        let token = token.iter().map(|byte| format!("{byte:02x}")).collect();
        next.lease = Some(Lease { token, until: now + LEASE });
        next.wake_at = None;
        let step = &mut next.steps[self.position];
        step.status = StepStatus::Running;
        step.attempts += 1;
        step.started_at = step.started_at.or(Some(now));
        next
    }

    /// The execution after an attempt at its current step. `jitter` spreads the next attempt, where there is one.
    #[must_use]
    pub fn record(&self, outcome: &Outcome, jitter: Bits80, now: DateTime<Utc>) -> Self {
        let mut next = self.moved(now);
        next.wake_at = None;
        let step = &mut next.steps[self.position];
        let attempts = step.attempts;
        let (status, detail) = match outcome {
            Outcome::Completed(output) => {
                step.output = output.clone();
                (StepStatus::Completed, None)
            }
            Outcome::Skipped(why) => (StepStatus::Skipped, Some(why.clone())),
            Outcome::Unknown(why) => (StepStatus::Unknown, Some(why.clone())),
            Outcome::Retry(why) if attempts < MAX_ATTEMPTS => {
                next.wake_at = Some(now + back_off(attempts, jitter));
                (StepStatus::Waiting, Some(why.clone()))
            }
            Outcome::Retry(why) | Outcome::Failed(why) => (StepStatus::Failed, Some(why.clone())),
            Outcome::WaitUntil(instant) => {
                next.wake_at = Some(*instant);
                (StepStatus::Waiting, None)
            }
        };
        step.status = status;
        step.detail = detail;
        match status {
            StepStatus::Waiting => next.status = ExecutionStatus::Waiting,
            StepStatus::Failed => {
                step.finished_at = Some(now);
                next.status = ExecutionStatus::Failed;
            }
            _ => {
                step.finished_at = Some(now);
                next.position += 1;
                let ended = next.position == next.steps.len();
                next.status = if ended { ExecutionStatus::Completed } else { ExecutionStatus::Running };
            }
        }
        next
    }
}

/// When to look after an execution that has just begun, if whoever began it has died by then: after its first lease, and
/// far enough ahead that a scan sends the timer, so that one that is taken away in time costs no message.
pub fn watchdog_due(begun_at: DateTime<Utc>) -> DateTime<Utc> {
    begun_at + LEASE.max(NEAR) + TimeDelta::seconds(20)
}

fn back_off(attempts: u32, jitter: Bits80) -> TimeDelta {
    let base = FIRST_BACK_OFF * 2_i32.saturating_pow(attempts.saturating_sub(1));
    base + base * i32::from(jitter[0]) / 512
}

#[cfg(test)]
mod tests;
