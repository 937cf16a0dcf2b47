//! Executions: one run of one workflow version for one event.
//!
//! To perform a step, an instance of the function first claims the step: it saves the next revision
//! of the execution, with a lease. Afterwards the instance records the outcome of the step.
//!
//! ```text
//! running --(claim)-----------------> running, step leased
//! leased  --(outcome: completed)----> running at the next step, or completed
//! leased  --(outcome: branch taken)-> running at the first step of that branch
//! leased  --(outcome: wait)---------> waiting, until a timer or an awaited signal
//! leased  --(outcome: retry)--------> waiting for the next attempt, or failed after the last one
//! leased  --(lease expired)---------> claimed again, if the step is repeatable
//!                                     outcome unknown, if the step sends a message
//!                                     failed, if the step has no attempts left
//! waiting --(claim after its time)--> running
//! any     --(goal met)--------------> running, at the goal
//! any     --(cancelled)-------------> cancelled; a step under way can still record its outcome
//! failed  --(retry by an operator)--> waiting, at the step that failed
//! ```
//!
//! A transition returns a new value. The store saves it with optimistic locking: the write is conditional on the
//! revision that the transition started from.

mod delivery;
mod lease_token;
mod next_action;
mod outcome;
mod record;
mod retry_schedule;
mod send_slot;
mod signal;
mod step_type;
mod steps;

pub use lease_token::LeaseToken;
pub use next_action::NextAction;
pub use outcome::Outcome;
pub use record::AttemptResult;
pub use retry_schedule::MAX_ATTEMPTS;
pub use send_slot::{SendSchedule, SendSlot};
pub use signal::Signal;
pub use step_type::StepType;
pub use steps::{AfterWait, Attempt, AttemptOutcome, Memory, StepRecord, StepStatus};

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::automation::workflow::PublishedWorkflow;
use crate::contacts::contact::Contact;
use crate::events::event::{CorrelationKey, Detail, Event, EventType, person_keys};
use crate::kernel::counters::{Revision, WorkflowVersion};
use crate::kernel::digest::bits80;
use crate::kernel::ids::{ContactId, CouponId, ExecutionId, WorkflowId};
use crate::timers::timer::DIRECT_SEND_WINDOW;

/// Duration of a lease on a step. After the lease has expired, another instance may take over the
/// step. Longer than the function's timeout.
pub const LEASE: TimeDelta = TimeDelta::seconds(60);

/// Status of an execution.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum ExecutionStatus {
    /// A step is under way or is next.
    Running,
    /// Waits for a timer, or for an event or change of its contact.
    Waiting,
    /// Has ended without a failure.
    Completed,
    /// A step failed permanently.
    Failed,
    /// Was stopped; the detail says why.
    Cancelled,
    /// Never started; the detail says why.
    Skipped,
}

impl ExecutionStatus {
    /// Whether no further step follows.
    pub fn is_over(self) -> bool {
        match self {
            Self::Running | Self::Waiting => false,
            Self::Completed | Self::Failed | Self::Cancelled | Self::Skipped => true,
        }
    }
}

/// One run of one workflow version for one event and, usually, one contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// Derived from the event, the workflow and the contact. For a contact of an audience, the id
    /// is also derived from the `for_each_contact` step.
    pub id: ExecutionId,
    pub workflow_id: WorkflowId,
    /// Version of the workflow. The execution keeps this version, even if a newer version is
    /// published.
    pub workflow_version: WorkflowVersion,
    pub event_type: EventType,
    /// Event that started the execution. For a contact of an audience, the customer in the event is
    /// replaced by this contact.
    pub event: Detail,
    /// Contact that the execution runs for.
    pub contact: Option<ContactId>,
    /// Correlation keys: the execution is also notified about events with these keys, in addition
    /// to the events of its contact. Early versions of the service did not store the keys.
    pub correlation: BTreeSet<CorrelationKey>,
    /// Execution whose `for_each_contact` step started this execution.
    pub parent: Option<ExecutionId>,
    /// Outputs of the steps of the parent execution.
    pub given: BTreeMap<String, Map<String, Value>>,
    /// Workflows that led to this event, oldest first. None of these workflows is run for this
    /// event again.
    pub chain: Vec<WorkflowId>,
    pub status: ExecutionStatus,
    /// Reason why the execution was skipped or cancelled, or why it has no contact although its event had a customer.
    pub detail: Option<String>,
    /// Whether a step has failed permanently, and only the alert about the failure remains to be sent.
    pub failing: bool,
    /// Position, in the definition, of the step that is next or under way.
    pub position: usize,
    /// Records of the steps that the execution has reached, in that order.
    pub steps: Vec<StepRecord>,
    /// Claim on the step under way.
    pub lease: Option<Lease>,
    /// End of the current wait.
    pub wake_at: Option<DateTime<Utc>>,
    /// Number of the revision. Each transition increases the number. A transition is saved only if
    /// the stored execution still has the revision from which the transition started.
    pub revision: Revision,
    pub created_at: DateTime<Utc>,
    /// Instant of the last transition.
    pub updated_at: DateTime<Utc>,
}

/// Claim of one instance on the step under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub token: LeaseToken,
    /// From this instant on, another instance may take over the step.
    pub until: DateTime<Utc>,
}

impl Execution {
    /// Creates an execution at its first step. `chain` lists the workflows that led to the event.
    pub fn new(
        event: &Event,
        contact: Option<ContactId>,
        workflow: &PublishedWorkflow,
        chain: Vec<WorkflowId>,
        now: DateTime<Utc>,
    ) -> Self {
        // The contact is part of the id, because one event can have executions for many contacts.
        let mut identity_parts = vec![event.id().as_str(), workflow.id.as_str()];
        identity_parts.extend(contact.as_ref().map(|contact| contact.key()));
        Self {
            id: ExecutionId::new(now, bits80(&identity_parts)),
            workflow_id: workflow.id.clone(),
            workflow_version: workflow.version,
            event_type: event.kind,
            event: event.detail(),
            contact,
            correlation: event.correlation_keys(None),
            parent: None,
            given: BTreeMap::new(),
            chain,
            status: ExecutionStatus::Running,
            detail: None,
            failing: false,
            position: 0,
            steps: Vec::new(),
            lease: None,
            wake_at: None,
            revision: Revision::FIRST,
            created_at: now,
            updated_at: now,
        }
    }

    /// Creates an execution of the steps inside a `for_each_contact` step, for a contact of the
    /// audience. `first` is the position of the first step inside.
    #[must_use]
    pub fn for_contact(&self, step_id: &str, first: usize, contact: &Contact, now: DateTime<Utc>) -> Self {
        let identity_parts =
            [self.event.metadata.event_id.as_str(), self.workflow_id.as_str(), step_id, contact.id.key()];
        let mut event = self.event.clone();
        event.data.customer = Some(contact.customer());
        // Only the contact that the event concerns gets the correlation key of the order.
        let correlation = match self.contact.as_ref() == Some(&contact.id) {
            true => self.event().correlation_keys(Some(contact)),
            false => person_keys(None, Some(contact)),
        };
        Self {
            id: ExecutionId::new(now, bits80(&identity_parts)),
            event,
            contact: Some(contact.id.clone()),
            correlation,
            parent: Some(self.id.clone()),
            given: self.outputs(),
            status: ExecutionStatus::Running,
            detail: None,
            failing: false,
            position: first,
            steps: Vec::new(),
            lease: None,
            wake_at: None,
            revision: Revision::FIRST,
            created_at: now,
            updated_at: now,
            ..self.clone()
        }
    }

    /// Adds correlation keys: the execution is also notified about events with these keys.
    #[must_use]
    pub fn with_correlation_keys(mut self, keys: BTreeSet<CorrelationKey>) -> Self {
        self.correlation.extend(keys);
        self
    }

    /// Returns the correlation keys. The execution is notified about events with these keys, in
    /// addition to the events of its contact.
    pub fn correlation_keys(&self) -> BTreeSet<CorrelationKey> {
        match self.correlation.is_empty() && self.parent.is_none() {
            true => self.event().correlation_keys(None),
            false => self.correlation.clone(),
        }
    }

    /// Marks the execution as skipped, for this reason.
    #[must_use]
    pub fn skipped(&self, why: impl Into<String>) -> Self {
        Self { status: ExecutionStatus::Skipped, detail: Some(why.into()), ..self.clone() }
    }

    /// Removes the contact and the customer of the event, because the customer was erased.
    #[must_use]
    pub fn without_contact(&self) -> Self {
        let mut next = Self { contact: None, ..self.clone() };
        next.event.data.customer = None;
        next.detail = Some("the customer of the event was erased; the execution runs without a contact".to_owned());
        next
    }

    /// Instant at which the execution has ended. `None` if the execution has not ended.
    pub fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.status.is_over().then_some(self.updated_at)
    }

    /// Event that the execution runs for.
    pub fn event(&self) -> Event {
        let Detail { metadata, data } = self.event.clone();
        Event { kind: self.event_type, metadata, data }
    }

    /// Coupon of the event.
    pub fn coupon_id(&self) -> &CouponId {
        &self.event.data.coupon.id
    }

    /// Returns the outputs of the parent's steps and of this execution's steps so far, by step id.
    pub fn outputs(&self) -> BTreeMap<String, Map<String, Value>> {
        let own = self.steps.iter().map(|step| (step.id.clone(), step.output.clone()));
        self.given.clone().into_iter().chain(own).collect()
    }

    /// Returns the record of the step at the current position. Returns `None` if the step has not
    /// been claimed yet.
    pub fn current(&self) -> Option<&StepRecord> {
        self.steps.last().filter(|record| record.place == self.position)
    }

    /// Returns the chain for events that this execution causes: its own chain, followed by its
    /// workflow.
    pub fn chain_for_effects(&self) -> Vec<WorkflowId> {
        self.chain.iter().chain([&self.workflow_id]).cloned().collect()
    }

    /// Shortens an execution that would exceed the maximum size of a stored item. Removes the
    /// inputs of steps that have ended, and all of their attempts except the last. Keeps the
    /// outputs, because later steps use them.
    #[must_use]
    pub fn abridged(&self) -> Self {
        let steps = self.steps.iter().map(|record| match record.finished_at {
            Some(_) => record.abridged(),
            None => record.clone(),
        });
        Self { steps: steps.collect(), ..self.clone() }
    }

    fn next_revision(&self, now: DateTime<Utc>) -> Self {
        Self { revision: self.revision.next(), updated_at: now, lease: None, wake_at: None, ..self.clone() }
    }
}

/// Returns the due time of the watchdog timer of a new execution. The watchdog resumes the
/// execution if the instance that started the execution died. The due time is after the end of the
/// first lease. It is also more than [`DIRECT_SEND_WINDOW`] away, so that the timer is not sent to
/// the queue at once. Usually the timer is deleted before a scan sends it.
pub fn watchdog_due(begun_at: DateTime<Utc>) -> DateTime<Utc> {
    begun_at + LEASE.max(DIRECT_SEND_WINDOW) + TimeDelta::seconds(20)
}

#[cfg(test)]
mod tests;
