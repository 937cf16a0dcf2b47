//! What came of an attempt.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Map, Value};

use super::steps::{AfterWait, AttemptOutcome, StepRecord, StepStatus};
use super::{Execution, ExecutionStatus};
use crate::digest::Bits80;
use crate::webhook::{self, RetryAfter};
use crate::workflow::{Action, Definition, Next, OnFailure, OnUnknown, Step};

/// Attempts at a step before it fails; a webhook has a schedule of its own.
pub const MAX_ATTEMPTS: usize = 8;

/// The wait before the second attempt; it doubles with each further one, and up to half as much again is added at
/// random so that steps that failed together are not tried again together.
const FIRST_BACK_OFF: TimeDelta = TimeDelta::seconds(5);

/// How long a message whose outcome is not known waits for a report of its delivery before it is sent again, where the
/// workflow says so.
const REPORT_PATIENCE: TimeDelta = TimeDelta::minutes(10);

/// What an attempt at a step came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Done, with what later steps can refer to.
    Completed(Map<String, Value>),
    /// Nothing to do, and why.
    Skipped(String),
    /// Not done; the next attempt may succeed.
    Retry(String),
    /// Not done; the receiver asks for no further attempt before an instant. Counts as an attempt, as [`Outcome::Retry`]
    /// does.
    RetryAfter(String, RetryAfter),
    /// Not done, and no attempt ever will.
    Failed(String),
    /// Perhaps done; must not be repeated.
    Unknown(String),
    /// A wait that has begun, and is done when it is over.
    WaitUntil(DateTime<Utc>),
    /// A wait for something to happen, until then.
    ListenUntil(DateTime<Utc>),
    /// One of its ways, by number, and why.
    Took(usize, String),
    /// Nothing yet: it may be tried from then on, for this reason. A place in the queue of messages is kept.
    NotBefore {
        /// From when on.
        instant: DateTime<Utc>,
        /// What for.
        why: String,
        /// Whether that is its place in the queue.
        is_slot: bool,
    },
    /// Part of the audience: there is more.
    More {
        /// Where to go on.
        cursor: String,
        /// For how many an execution was begun, in this part.
        begun: u64,
    },
    /// The execution ends here, for this reason.
    End(String),
}

/// An attempt with what it was made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// What the step was done with, rendered.
    pub input: Map<String, Value>,
    /// What came of it.
    pub outcome: Outcome,
}

impl Done {
    /// An outcome that had no input.
    pub fn without_input(outcome: Outcome) -> Self {
        Self { input: Map::new(), outcome }
    }
}

impl Execution {
    /// The execution after a step of which this is a claim that was not saved, because nothing was done outside: the claim
    /// and its outcome are one transition.
    #[must_use]
    pub fn settled(&self, workflow: &Definition, done: &Done, jitter: Bits80, now: DateTime<Utc>) -> Self {
        Self { revision: self.revision, ..self.record(workflow, done, jitter, now) }
    }

    /// The execution after an attempt at its current step. `jitter` spreads the next attempt, where there is one.
    #[must_use]
    pub fn record(&self, workflow: &Definition, done: &Done, jitter: Bits80, now: DateTime<Utc>) -> Self {
        let mut next = self.moved(now);
        let Some(step) = workflow.steps.get(self.position) else { return next };
        let Some(record) = next.steps.last_mut() else { return next };
        close_attempt(record, done, now);
        // A place in the queue is for one attempt.
        record.memory.slot = None;
        let mut wait = |record: &mut StepRecord, until: DateTime<Utc>, then: AfterWait, why: Option<String>| {
            record.status = StepStatus::Waiting;
            record.detail = why;
            record.memory.then = then;
            next.status = ExecutionStatus::Waiting;
            next.wake_at = Some(until);
        };
        match &done.outcome {
            Outcome::WaitUntil(instant) => wait(record, *instant, AfterWait::Done, None),
            Outcome::ListenUntil(instant) => wait(record, *instant, AfterWait::TimedOut, None),
            Outcome::NotBefore { instant, why, is_slot } => {
                // Nothing was tried.
                record.attempts.pop();
                if *is_slot {
                    record.memory.slot = Some(*instant);
                }
                wait(record, *instant, AfterWait::Try, Some(why.clone()));
            }
            Outcome::More { cursor, begun } => {
                record.attempts.pop();
                record.memory.cursor = Some(cursor.clone());
                record.memory.begun += begun;
                // Another instant than that of the timer that woke it: they must not be the same item.
                wait(record, now + TimeDelta::milliseconds(1), AfterWait::Try, None);
            }
            Outcome::Completed(output) => {
                record.output.extend(output.clone());
                record.end(StepStatus::Completed, None, now);
                next.go(step.next);
            }
            Outcome::Took(way, why) => {
                record.end(StepStatus::Completed, Some(why.clone()), now);
                next.go(step.action.ways().get(*way).copied().unwrap_or(step.next));
            }
            Outcome::Skipped(why) => {
                record.end(StepStatus::Skipped, Some(why.clone()), now);
                if step.action.holds_back() {
                    next.detail = Some(format!("ended at step {}, since what follows is for later: {why}", step.id));
                }
                next.go(step.otherwise());
            }
            Outcome::End(why) => {
                record.end(StepStatus::Completed, Some(why.clone()), now);
                next.go(Next::End);
            }
            Outcome::Retry(why) => match next_attempt(&step.action, record, jitter, now) {
                Some(instant) => wait(record, instant, AfterWait::Try, Some(why.clone())),
                None => next.fail(workflow, why, now),
            },
            Outcome::RetryAfter(why, asked) => match next_attempt(&step.action, record, jitter, now) {
                Some(scheduled) => {
                    let asked = asked.instant(now);
                    let text = asked.to_rfc3339_opts(SecondsFormat::Secs, true);
                    let why = format!("{why}; its Retry-After asks for no attempt before {text}");
                    wait(record, scheduled.max(asked), AfterWait::Try, Some(why));
                }
                None => next.fail(workflow, why, now),
            },
            Outcome::Failed(why) => next.fail(workflow, why, now),
            Outcome::Unknown(why) => match workflow.settings.on_unknown {
                OnUnknown::Continue => {
                    record.end(StepStatus::Unknown, Some(why.clone()), now);
                    next.go(step.next);
                }
                OnUnknown::Stop => {
                    next.fail(workflow, why, now);
                    if let Some(record) = next.steps.last_mut() {
                        record.status = StepStatus::Unknown;
                    }
                }
                OnUnknown::Retry if record.tries() < MAX_ATTEMPTS => {
                    wait(record, now + REPORT_PATIENCE, AfterWait::Try, Some(why.clone()));
                    if let Some(record) = next.steps.last_mut() {
                        record.status = StepStatus::Unknown;
                    }
                }
                OnUnknown::Retry => next.fail(workflow, why, now),
            },
        }
        next
    }

    /// Goes on there; ends where there is nothing.
    pub(super) fn go(&mut self, next: Next) {
        match next {
            Next::Step(place) => {
                self.position = place;
                self.status = ExecutionStatus::Running;
            }
            Next::End if self.failing => self.status = ExecutionStatus::Failed,
            Next::End => self.status = ExecutionStatus::Completed,
        }
    }

    pub(super) fn fail(&mut self, workflow: &Definition, why: &str, now: DateTime<Utc>) {
        if let Some(record) = self.steps.last_mut() {
            record.end(StepStatus::Failed, Some(why.to_owned()), now);
        }
        let step = workflow.steps.get(self.position);
        // What follows a wait is for later: going on without it would do that now.
        let after = step.filter(|step| !step.action.holds_back()).map(Step::otherwise);
        match (&workflow.settings.on_failure, workflow.alert(), after) {
            _ if self.failing => self.status = ExecutionStatus::Failed,
            (OnFailure::Continue, _, Some(after)) => self.go(after),
            (OnFailure::Alert(_), Some(alert), _) => {
                self.failing = true;
                self.go(Next::Step(alert));
            }
            (OnFailure::Continue, _, None) | (OnFailure::Alert(_), None, _) | (OnFailure::Stop, _, _) => {
                self.status = ExecutionStatus::Failed;
            }
        }
    }

    /// The execution with the outcome of an attempt that was under way when it was moved on by something else: cancelled,
    /// or to its goal. None where no such attempt is open.
    #[must_use]
    pub fn record_late(&self, token: &str, done: &Done, now: DateTime<Utc>) -> Option<Self> {
        let mut next = Self { revision: self.revision + 1, updated_at: now, ..self.clone() };
        let is_open = |record: &&mut StepRecord| {
            record.attempts.last().is_some_and(|attempt| attempt.token == token && attempt.outcome.is_none())
        };
        let record = next.steps.iter_mut().find(is_open)?;
        // Somebody has taken it over.
        if record.status == StepStatus::Running {
            return None;
        }
        close_attempt(record, done, now);
        let (status, detail) = match &done.outcome {
            Outcome::Completed(output) => {
                record.output.extend(output.clone());
                (StepStatus::Completed, None)
            }
            Outcome::Retry(why) | Outcome::RetryAfter(why, _) | Outcome::Failed(why) => {
                (StepStatus::Failed, Some(why.clone()))
            }
            Outcome::Unknown(why) => (StepStatus::Unknown, Some(why.clone())),
            Outcome::Skipped(_)
            | Outcome::WaitUntil(_)
            | Outcome::ListenUntil(_)
            | Outcome::Took(..)
            | Outcome::NotBefore { .. }
            | Outcome::More { .. }
            | Outcome::End(_) => (StepStatus::Skipped, Some("the execution was moved on in the meantime".to_owned())),
        };
        record.end(status, detail, now);
        Some(next)
    }
}

fn close_attempt(record: &mut StepRecord, done: &Done, now: DateTime<Utc>) {
    if !done.input.is_empty() {
        record.input = done.input.clone();
    }
    let (outcome, error) = match &done.outcome {
        Outcome::Retry(why) | Outcome::RetryAfter(why, _) | Outcome::Failed(why) => {
            (AttemptOutcome::Failed, Some(why.clone()))
        }
        Outcome::Unknown(why) => (AttemptOutcome::Unknown, Some(why.clone())),
        Outcome::Completed(_)
        | Outcome::Skipped(_)
        | Outcome::WaitUntil(_)
        | Outcome::ListenUntil(_)
        | Outcome::Took(..)
        | Outcome::NotBefore { .. }
        | Outcome::More { .. }
        | Outcome::End(_) => (AttemptOutcome::Completed, None),
    };
    if let Some(attempt) = record.attempts.last_mut().filter(|attempt| attempt.outcome.is_none()) {
        attempt.outcome = Some(outcome);
        attempt.error = error;
        attempt.finished_at = Some(now);
    }
}

/// Schedule that the attempts at a step follow.
enum Schedule {
    /// Over days, for receivers that are down for long.
    Webhook,
    /// A few minutes, with back-off that doubles.
    BackOff,
}

fn schedule(action: &Action) -> Schedule {
    match action {
        Action::Webhook { .. } => Schedule::Webhook,
        Action::ChangeSet(_)
        | Action::SendEmail { .. }
        | Action::Notify(_)
        | Action::PauseCoupon { .. }
        | Action::ReplaceWithBackupCoupon
        | Action::GenerateCoupon(_)
        | Action::ExtendCoupon { .. }
        | Action::RaiseLimit { .. }
        | Action::StartWorkflow { .. }
        | Action::StopWorkflow { .. }
        | Action::Wait(_)
        | Action::WaitForEvent { .. }
        | Action::Branch { .. }
        | Action::RandomSplit { .. }
        | Action::ForEachContact { .. }
        | Action::Alert { .. }
        | Action::Goal { .. } => Schedule::BackOff,
    }
}

/// How often a step is tried.
pub(super) fn most_attempts(action: &Action) -> usize {
    match schedule(action) {
        Schedule::Webhook => webhook::ATTEMPTS as usize,
        Schedule::BackOff => MAX_ATTEMPTS,
    }
}

/// When a step is tried again after its last try; none after the last of all.
fn next_attempt(action: &Action, record: &StepRecord, jitter: Bits80, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let tries = record.tries();
    match schedule(action) {
        Schedule::Webhook => {
            let delay = webhook::retry_delay(u32::try_from(tries).unwrap_or(u32::MAX), jitter);
            delay.map(|delay| now + delay)
        }
        Schedule::BackOff if tries >= MAX_ATTEMPTS => None,
        Schedule::BackOff => {
            let doublings = u32::try_from(tries.saturating_sub(1)).unwrap_or(u32::MAX);
            let base = FIRST_BACK_OFF * 2_i32.saturating_pow(doublings);
            Some(now + base + base * i32::from(jitter[0]) / 512)
        }
    }
}
