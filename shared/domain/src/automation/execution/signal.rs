//! Changes to an execution from outside: signals, cancellation, and retry by an operator. A signal
//! is an activity of the contact: an event, or a change of a tag or a list.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::steps::{AfterWait, Memory, StepRecord, StepStatus};
use super::{Execution, ExecutionStatus};
use crate::automation::actions::{AwaitedAt, HAPPENED, StepKind};
use crate::automation::workflow::{Definition, Observed, WaitCondition};
use crate::events::event::EventType;
use crate::kernel::ids::EventId;

/// Activity of an execution's contact.
#[derive(Debug, Clone, Copy)]
pub struct Signal<'a> {
    pub observed: Observed<'a>,
    pub occurred_at: DateTime<Utc>,
}

impl Signal<'_> {
    fn event_id(&self) -> Option<&EventId> {
        self.observed.event().map(|event| event.id())
    }

    /// Returns a name that identifies the signal, for deduplication.
    fn name(&self) -> String {
        match self.observed {
            Observed::Event(subject) => subject.event.id().to_string(),
            Observed::Change(change) => format!("{} {}", self.occurred_at.timestamp_millis(), change.key()),
        }
    }
}

impl Execution {
    /// Whether the execution may have missed a signal. If true, the execution must check the event
    /// log before it continues. A new execution may have missed a signal, because the signal may
    /// have been processed before the event that starts the execution. An execution may also have
    /// missed a signal when its wait is over.
    #[must_use]
    pub fn may_have_missed_signals(&self, workflow: &Definition, now: DateTime<Utc>) -> bool {
        let step = workflow.steps.get(self.position);
        let waits_for_it = self.current().is_some() && step.is_some_and(|step| step.action.awaited().is_some());
        let is_woken = self.wake_at.is_some_and(|wake_at| wake_at <= now);
        !self.status.is_over()
            && ((self.steps.is_empty() && workflow.listens_throughout())
                || (is_woken && (waits_for_it || workflow.listens_throughout())))
    }

    /// Applies a signal. A redemption can stop the execution, a signal that meets a goal moves the
    /// execution to that goal, and an awaited signal ends the wait. Returns `None` if the signal
    /// changes nothing. Repeating a signal has no further effect.
    #[must_use]
    pub fn notify(&self, workflow: &Definition, signal: Signal<'_>, now: DateTime<Utc>) -> Option<Self> {
        let is_its_own = signal.event_id() == Some(&self.event.metadata.event_id);
        // A signal that occurred before the execution's own event never meets a condition, even if
        // it arrives later than the event.
        if self.status.is_over() || is_its_own || signal.occurred_at < self.event.metadata.occurred_at {
            return None;
        }
        if workflow.settings.stop_on_redemption && self.is_redeemed_by(signal) {
            return self.cancel("the contact has redeemed the coupon", now);
        }
        let name = signal.name();
        if self.steps.iter().any(|record| record.memory.heard.as_ref() == Some(&name)) {
            return None;
        }
        self.reach_goal(workflow, signal, now).or_else(|| self.stop_waiting(workflow, signal, now))
    }

    /// Whether the signal is a redemption of the execution's coupon, or of a coupon that the
    /// execution generated.
    fn is_redeemed_by(&self, signal: Signal<'_>) -> bool {
        let redeemed = signal.observed.event().filter(|event| event.kind == EventType::CouponRedeemed);
        redeemed.is_some_and(|event| {
            let coupon = &event.data.coupon.id;
            let generated = |record: &StepRecord| {
                record.r#type.kind() == Some(StepKind::GenerateCoupon)
                    && record.output.get("coupon_id") == Some(&json!(coupon))
            };
            coupon == self.coupon_id() || self.steps.iter().any(generated)
        })
    }

    /// Whether the signal meets the condition.
    fn is_met(&self, condition: &WaitCondition, signal: Signal<'_>) -> bool {
        let of_step = |id: &str| {
            let output = self.steps.iter().find(|record| record.id == id).map(|record| &record.output);
            let coupon_id = output.or_else(|| self.given.get(id))?.get("coupon_id")?;
            serde_json::from_value(coupon_id.clone()).ok()
        };
        condition.is(signal.observed, self.coupon_id(), of_step)
    }

    fn reach_goal(&self, workflow: &Definition, signal: Signal<'_>, now: DateTime<Utc>) -> Option<Self> {
        if self.failing || self.parent.is_some() {
            return None;
        }
        let (place, _) = workflow.goals().find(|(place, condition)| {
            let lies_ahead = *place > self.position || (*place == self.position && self.current().is_some());
            lies_ahead && self.is_met(condition, signal)
        })?;
        let goal = &workflow.steps[place];
        let mut next = self.next_revision(now);
        if place != self.position {
            next.leave_current("the goal was met while this step was under way", now);
            next.steps.push(StepRecord {
                place,
                id: goal.id.clone(),
                r#type: goal.action.kind().into(),
                status: StepStatus::Completed,
                attempts: Vec::new(),
                input: Default::default(),
                output: Default::default(),
                detail: None,
                started_at: now,
                finished_at: None,
                memory: Memory::default(),
            });
        }
        next.position = place;
        if let Some(record) = next.steps.last_mut() {
            record.output.insert("event_id".to_owned(), json!(signal.event_id()));
            record.memory.heard = Some(signal.name());
            record.end(StepStatus::Completed, Some("the goal was met".to_owned()), now);
        }
        next.continue_at(goal.next);
        Some(next)
    }

    fn stop_waiting(&self, workflow: &Definition, signal: Signal<'_>, now: DateTime<Utc>) -> Option<Self> {
        let step = workflow.steps.get(self.position)?;
        let condition = step.action.awaited().and_then(|awaited| match awaited.at {
            AwaitedAt::ThisStep => Some(awaited.condition),
            AwaitedAt::EarlierSteps => None,
        })?;
        let record = self.current()?;
        // A step that was just claimed already receives signals. The first step also receives
        // earlier signals, if they occurred after the execution's own event.
        let since = if self.steps.len() > 1 { record.started_at } else { self.event.metadata.occurred_at };
        let listens = record.status == StepStatus::Running || record.memory.then == AfterWait::TimedOut;
        let too_late = self.wake_at.is_some_and(|deadline| signal.occurred_at > deadline);
        if !listens || too_late || signal.occurred_at < since || !self.is_met(condition, signal) {
            return None;
        }
        let mut next = self.next_revision(now);
        if let Some(record) = next.steps.last_mut() {
            record.output.insert("event_id".to_owned(), json!(signal.event_id()));
            record.memory.heard = Some(signal.name());
            record.end(StepStatus::Completed, Some("it happened".to_owned()), now);
            if let Some(attempt) = record.attempts.last_mut() {
                attempt.finished_at.get_or_insert(now);
                attempt.outcome.get_or_insert(super::AttemptOutcome::Completed);
            }
        }
        next.continue_at(step.branch(HAPPENED));
        Some(next)
    }

    /// Cancels the execution. Returns `None` if the execution has ended.
    #[must_use]
    pub fn cancel(&self, why: &str, now: DateTime<Utc>) -> Option<Self> {
        if self.status.is_over() {
            return None;
        }
        let mut next = self.next_revision(now);
        next.leave_current("the execution was cancelled while this step was under way", now);
        next.status = ExecutionStatus::Cancelled;
        next.detail = Some(why.to_owned());
        Some(next)
    }

    /// Cancels the execution because its contact was erased. Removes the data that identifies the
    /// customer: the customer of the event, the inputs of the steps, and the responses of
    /// receivers. Returns `None` if the execution has ended.
    ///
    /// Keeps the outputs of the steps, because they contain only ids, codes, counts and instants.
    #[must_use]
    pub fn cancel_for_erasure(&self, now: DateTime<Utc>) -> Option<Self> {
        let mut next = self.clone();
        next.event.data.customer = None;
        next.steps.iter_mut().for_each(StepRecord::redact);
        next.cancel("the contact was erased", now)
    }

    /// Removes the data that identifies the erased customer from an execution, whatever its status. Cancels the
    /// execution if it has not ended. Returns `None` if there is nothing to remove.
    #[must_use]
    pub fn redact_for_erasure(&self, now: DateTime<Utc>) -> Option<Self> {
        if !self.status.is_over() {
            return self.cancel_for_erasure(now);
        }
        let mut next = Self { revision: self.revision.next(), ..self.clone() };
        next.event.data.customer = None;
        next.steps.iter_mut().for_each(StepRecord::redact);
        let is_redacted = self.event.data.customer.is_none() && self.steps.iter().all(StepRecord::is_redacted);
        (!is_redacted).then_some(next)
    }

    /// Closes the record of the current step. A step under way becomes `unknown` until its outcome
    /// is recorded. A step that only waits becomes `skipped`.
    fn leave_current(&mut self, why: &str, now: DateTime<Utc>) {
        let position = self.position;
        let Some(record) = self.steps.last_mut().filter(|record| record.place == position) else { return };
        match record.status {
            StepStatus::Running => record.end(StepStatus::Unknown, Some(why.to_owned()), now),
            StepStatus::Waiting => record.end(StepStatus::Skipped, Some(why.to_owned()), now),
            StepStatus::Completed | StepStatus::Skipped | StepStatus::Unknown | StepStatus::Failed => {}
        }
    }

    /// Resumes a failed execution at the step that failed, with a new budget of attempts. If the
    /// step was done after all, for example according to a delivery report, resumes after the step.
    /// Returns `None` if the execution has not failed.
    #[must_use]
    pub fn retry(&self, now: DateTime<Utc>) -> Option<Self> {
        if self.status != ExecutionStatus::Failed {
            return None;
        }
        let mut next = self.next_revision(now);
        // Skips the record of the alert about the failure, which comes after the record of the
        // failed step.
        let failed = next.steps.iter().rposition(|record| record.r#type.kind() != Some(StepKind::Alert))?;
        next.steps.truncate(failed + 1);
        let record = next.steps.last_mut()?;
        record.memory.then = if is_failure(record) { AfterWait::Try } else { AfterWait::Done };
        record.status = StepStatus::Waiting;
        record.finished_at = None;
        record.memory.tried_before = record.attempts.len();
        next.position = record.place;
        next.failing = false;
        next.status = ExecutionStatus::Waiting;
        next.wake_at = Some(now);
        Some(next)
    }
}

fn is_failure(record: &StepRecord) -> bool {
    match record.status {
        StepStatus::Failed | StepStatus::Unknown => true,
        StepStatus::Running | StepStatus::Waiting | StepStatus::Completed | StepStatus::Skipped => false,
    }
}
