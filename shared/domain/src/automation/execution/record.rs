//! Recording of the outcomes of attempts.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Map, Value};

use super::outcome::Outcome;
use super::retry_schedule::{MAX_ATTEMPTS, next_attempt};
use super::send_slot::SendSlot;
use super::steps::{AfterWait, AttemptOutcome, StepRecord, StepStatus};
use super::{Execution, ExecutionStatus, LeaseToken};
use crate::automation::workflow::{Definition, Next, OnFailure, OnUnknown, Step};
use crate::kernel::digest::Bits80;

/// With [`OnUnknown::Retry`], a message with an unknown outcome is sent again if no delivery report
/// arrives within this time.
const DELIVERY_REPORT_TIMEOUT: TimeDelta = TimeDelta::minutes(10);

/// Result of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptResult {
    /// Rendered input of the step.
    pub input: Map<String, Value>,
    pub outcome: Outcome,
}

impl AttemptResult {
    /// Result without an input.
    pub fn without_input(outcome: Outcome) -> Self {
        Self { input: Map::new(), outcome }
    }
}

impl Execution {
    /// Records an outcome like [`Execution::record`], for a claim that was not saved. The claim of
    /// a step without external effect is not saved separately, so the claim and its outcome become
    /// one transition.
    #[must_use]
    pub fn settled(&self, workflow: &Definition, done: &AttemptResult, jitter: Bits80, now: DateTime<Utc>) -> Self {
        Self { revision: self.revision, ..self.record(workflow, done, jitter, now) }
    }

    /// Records the outcome of an attempt at the current step. `jitter` varies the delay before the
    /// next attempt, if the step is retried.
    #[must_use]
    pub fn record(&self, workflow: &Definition, done: &AttemptResult, jitter: Bits80, now: DateTime<Utc>) -> Self {
        let mut next = self.next_revision(now);
        let Some(step) = workflow.steps.get(self.position) else { return next };
        let Some(record) = next.steps.last_mut() else { return next };
        close_attempt(record, done, now);
        // A slot is valid for one attempt.
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
            Outcome::NotBefore { instant, why, slot_of } => {
                // The claim added an attempt, but the step was not attempted.
                record.attempts.pop();
                record.memory.slot = slot_of.map(|schedule| SendSlot { instant: *instant, schedule });
                wait(record, *instant, AfterWait::Try, Some(why.clone()));
            }
            Outcome::More { cursor, begun } => {
                record.attempts.pop();
                record.memory.cursor = Some(cursor.clone());
                record.memory.begun += begun;
                // The new timer must differ from the timer that woke the execution. Otherwise both
                // timers would be the same item.
                wait(record, now + TimeDelta::milliseconds(1), AfterWait::Try, None);
            }
            Outcome::Completed(output) => {
                record.output.extend(output.clone());
                record.end(StepStatus::Completed, None, now);
                next.continue_at(step.next);
            }
            Outcome::TookBranch(way, why) => {
                record.end(StepStatus::Completed, Some(why.clone()), now);
                next.continue_at(step.branch(*way));
            }
            Outcome::Skipped(why) => {
                record.end(StepStatus::Skipped, Some(why.clone()), now);
                if step.action.gates_later_steps() {
                    next.detail = Some(format!(
                        "ended at step {}, because the steps after a wait must not run early: {why}",
                        step.id
                    ));
                }
                next.continue_at(step.fallback());
            }
            Outcome::End(why) => {
                record.end(StepStatus::Completed, Some(why.clone()), now);
                next.continue_at(Next::End);
            }
            Outcome::Retry(why) => match next_attempt(&step.action, record, jitter, now) {
                Some(instant) => wait(record, instant, AfterWait::Try, Some(why.clone())),
                None => next.fail(workflow, why, now),
            },
            Outcome::RetryAfter(why, asked) => match next_attempt(&step.action, record, jitter, now) {
                Some(scheduled) => {
                    let asked = asked.instant(now);
                    let text = asked.to_rfc3339_opts(SecondsFormat::Secs, true);
                    let why = format!("{why}; its Retry-After header asks for no attempt before {text}");
                    wait(record, scheduled.max(asked), AfterWait::Try, Some(why));
                }
                None => next.fail(workflow, why, now),
            },
            Outcome::Failed(why) => next.fail(workflow, why, now),
            Outcome::Unknown(why) => match workflow.settings.on_unknown {
                OnUnknown::Continue => {
                    record.end(StepStatus::Unknown, Some(why.clone()), now);
                    next.continue_at(step.next);
                }
                OnUnknown::Stop => {
                    next.fail(workflow, why, now);
                    if let Some(record) = next.steps.last_mut() {
                        record.status = StepStatus::Unknown;
                    }
                }
                OnUnknown::Retry if record.tries() < MAX_ATTEMPTS => {
                    wait(record, now + DELIVERY_REPORT_TIMEOUT, AfterWait::Try, Some(why.clone()));
                    if let Some(record) = next.steps.last_mut() {
                        record.status = StepStatus::Unknown;
                    }
                }
                OnUnknown::Retry => next.fail(workflow, why, now),
            },
        }
        next
    }

    /// Continues at a step, or ends the execution.
    pub(super) fn continue_at(&mut self, next: Next) {
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
        // After a failed wait, the execution can't continue, because the next steps must not run
        // early.
        let after = step.filter(|step| !step.action.gates_later_steps()).map(Step::fallback);
        match (&workflow.settings.on_failure, workflow.alert(), after) {
            _ if self.failing => self.status = ExecutionStatus::Failed,
            (OnFailure::Continue, _, Some(after)) => self.continue_at(after),
            (OnFailure::Alert(_), Some(alert), _) => {
                self.failing = true;
                self.continue_at(Next::Step(alert));
            }
            (OnFailure::Continue, _, None) | (OnFailure::Alert(_), None, _) | (OnFailure::Stop, _, _) => {
                self.status = ExecutionStatus::Failed;
            }
        }
    }

    /// Records the outcome of an attempt that was still under way when the execution was cancelled
    /// or moved to its goal. Returns `None` if there is no open attempt with this token. If the
    /// contact was erased, omits data that identifies the customer.
    #[must_use]
    pub fn record_late(&self, token: &LeaseToken, done: &AttemptResult, now: DateTime<Utc>) -> Option<Self> {
        // The contact was erased if the execution has a contact but its event has no customer,
        // because `cancel_for_erasure` removes the customer and keeps the contact id.
        let is_erased = self.contact.is_some() && self.event.data.customer.is_none();
        let mut next = Self { revision: self.revision.next(), updated_at: now, ..self.clone() };
        let is_open = |record: &&mut StepRecord| {
            record.attempts.last().is_some_and(|attempt| attempt.token == *token && attempt.outcome.is_none())
        };
        let record = next.steps.iter_mut().find(is_open)?;
        // The step is running again, because another instance has taken over the step.
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
            | Outcome::TookBranch(..)
            | Outcome::NotBefore { .. }
            | Outcome::More { .. }
            | Outcome::End(_) => (StepStatus::Skipped, Some("the execution had already left this step".to_owned())),
        };
        record.end(status, detail, now);
        if is_erased {
            record.redact();
        }
        Some(next)
    }
}

fn close_attempt(record: &mut StepRecord, done: &AttemptResult, now: DateTime<Utc>) {
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
        | Outcome::TookBranch(..)
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
