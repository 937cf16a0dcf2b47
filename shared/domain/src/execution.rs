//! Executions: one run of one workflow version for one event.
//!
//! ```text
//! running --(claim)-----------------> running, step leased
//! leased  --(outcome: completed)----> next step, or completed
//! leased  --(outcome: took a way)---> the first step of that way
//! leased  --(outcome: wait)---------> waiting, woken by a timer or by what it listens for
//! leased  --(outcome: retry)--------> waiting for the next attempt, or failed after the last
//! leased  --(lease ran out)---------> claimed again; a message's outcome is then unknown and it is not sent again;
//!                                     failed when it was claimed as often as a step may be tried
//! waiting --(claim after its time)--> running
//! any     --(goal met)--------------> running, at the goal
//! any     --(cancelled)-------------> cancelled; a step under way reports late, and nothing follows it
//! failed  --(retry by an operator)--> waiting, at the step that failed
//! ```
//!
//! Every transition is a value: the store saves it under the condition that nobody else made one since.

mod delivery;
mod next_action;
mod record;
mod signal;
mod steps;

pub use next_action::NextAction;
pub use record::{Done, MAX_ATTEMPTS, Outcome};
pub use signal::Signal;
pub use steps::{AfterWait, Attempt, AttemptOutcome, Memory, StepRecord, StepStatus};

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::contact::Contact;
use crate::digest::bits80;
use crate::event::{CorrelationKey, Detail, Event, EventType, person_keys};
use crate::ids::{ContactId, CouponId, ExecutionId, WorkflowId};
use crate::plan::Published;
use crate::timer::NEAR;

/// How long a step may take before another instance may take it over: longer than the function's time limit.
pub const LEASE: TimeDelta = TimeDelta::seconds(60);

/// Where an execution is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExecutionStatus {
    /// Under way.
    Running,
    /// Until a timer wakes it, or what it waits for happens.
    Waiting,
    /// It has come to an end.
    Completed,
    /// A step failed for good.
    Failed,
    /// Somebody or something stopped it; the detail says what.
    Cancelled,
    /// It never began; the detail says why.
    Skipped,
}

impl ExecutionStatus {
    /// All of them.
    pub const ALL: &'static [Self] =
        &[Self::Running, Self::Waiting, Self::Completed, Self::Failed, Self::Cancelled, Self::Skipped];

    /// The name, as in `"status": "waiting"`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Skipped => "skipped",
        }
    }

    /// Whether nothing follows.
    pub fn is_over(self) -> bool {
        match self {
            Self::Running | Self::Waiting => false,
            Self::Completed | Self::Failed | Self::Cancelled | Self::Skipped => true,
        }
    }
}

/// One run of one workflow version for one event and, usually, one contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    /// Derived from the event, the workflow, the contact and, within a for-each-contact, the step.
    pub id: ExecutionId,
    /// The workflow.
    pub workflow_id: WorkflowId,
    /// The version that it began with and stays with.
    pub workflow_version: i64,
    /// The event's type.
    pub event_type: EventType,
    /// The event; for a contact of an audience with them as its customer.
    pub event: Detail,
    /// For whom.
    pub contact: Option<ContactId>,
    /// Beside the contact, by what it is told of events. Executions of earlier versions have none stored.
    #[serde(default)]
    correlation: BTreeSet<CorrelationKey>,
    /// Of which execution's audience the contact is.
    #[serde(default)]
    pub parent: Option<ExecutionId>,
    /// What the steps of that one had put out.
    #[serde(default)]
    pub given: BTreeMap<String, Map<String, Value>>,
    /// The workflows whose doing led to this event, oldest first: one of them is not run for it again.
    #[serde(default)]
    pub chain: Vec<WorkflowId>,
    /// Where it is.
    pub status: ExecutionStatus,
    /// Why it was skipped or cancelled, or why it has no contact although its event had a customer.
    #[serde(default)]
    pub detail: Option<String>,
    /// Whether a step has failed for good, and all that is left is to tell of it.
    #[serde(default)]
    pub failing: bool,
    /// The step that is next or under way, by its place in the definition.
    pub position: usize,
    /// The steps it has come to, in that order.
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

impl Execution {
    /// An execution that has not begun. `chain` is of the workflows whose doing led to the event.
    pub fn new(
        event: &Event,
        contact: Option<ContactId>,
        workflow: &Published,
        chain: Vec<WorkflowId>,
        now: DateTime<Utc>,
    ) -> Self {
        // Of an audience, an event has many contacts.
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
            revision: 1,
            created_at: now,
            updated_at: now,
        }
    }

    /// The execution of the steps inside a for-each-contact, which begin at `first`, for a contact of the audience.
    #[must_use]
    pub fn for_contact(&self, step_id: &str, first: usize, contact: &Contact, now: DateTime<Utc>) -> Self {
        let identity_parts =
            [self.event.metadata.event_id.as_str(), self.workflow_id.as_str(), step_id, contact.id.key()];
        let mut event = self.event.clone();
        event.data.customer = Some(contact.customer());
        // The order of the event is not that of everybody in the audience.
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
            revision: 1,
            created_at: now,
            updated_at: now,
            ..self.clone()
        }
    }

    /// The same, which is told of events with these keys too.
    #[must_use]
    pub fn correlated(mut self, keys: BTreeSet<CorrelationKey>) -> Self {
        self.correlation.extend(keys);
        self
    }

    /// The keys of the events that it is told of, beside those of its contact.
    pub fn correlation_keys(&self) -> BTreeSet<CorrelationKey> {
        match self.correlation.is_empty() && self.parent.is_none() {
            true => self.event().correlation_keys(None),
            false => self.correlation.clone(),
        }
    }

    /// The same, which does not begin for this reason.
    #[must_use]
    pub fn skipped(&self, why: impl Into<String>) -> Self {
        Self { status: ExecutionStatus::Skipped, detail: Some(why.into()), ..self.clone() }
    }

    /// The same without a contact and the customer of its event, who was erased.
    #[must_use]
    pub fn without_contact(&self) -> Self {
        let mut next = Self { contact: None, ..self.clone() };
        next.event.data.customer = None;
        next.detail = Some("the customer of the event was erased; runs without a contact".to_owned());
        next
    }

    /// The event that it runs for.
    pub fn event(&self) -> Event {
        let Detail { metadata, data } = self.event.clone();
        Event { kind: self.event_type, metadata, data }
    }

    /// The coupon that it is about.
    pub fn coupon_id(&self) -> &CouponId {
        &self.event.data.coupon.id
    }

    /// What the steps so far put out, by step id.
    pub fn outputs(&self) -> BTreeMap<String, Map<String, Value>> {
        let own = self.steps.iter().map(|step| (step.id.clone(), step.output.clone()));
        self.given.clone().into_iter().chain(own).collect()
    }

    /// The record of the step that is next or under way; none where it has not come to it.
    pub fn current(&self) -> Option<&StepRecord> {
        self.steps.last().filter(|record| record.place == self.position)
    }

    /// The workflows whose doing leads to what this execution does.
    pub fn chain_beyond(&self) -> Vec<WorkflowId> {
        self.chain.iter().chain([&self.workflow_id]).cloned().collect()
    }

    /// The same with less of what has ended: of each step its last attempt, and not what it was done with. What steps put
    /// out stays, since later ones use it. For an execution that would be too long to be stored.
    #[must_use]
    pub fn abridged(&self) -> Self {
        let steps = self.steps.iter().map(|record| match record.finished_at {
            Some(_) => record.abridged(),
            None => record.clone(),
        });
        Self { steps: steps.collect(), ..self.clone() }
    }

    fn moved(&self, now: DateTime<Utc>) -> Self {
        Self { revision: self.revision + 1, updated_at: now, lease: None, wake_at: None, ..self.clone() }
    }
}

/// When to look after an execution that has just begun, if whoever began it has died by then: after its first lease, and
/// far enough ahead that a scan sends the timer, so that one that is taken away in time costs no message.
pub fn watchdog_due(begun_at: DateTime<Utc>) -> DateTime<Utc> {
    begun_at + LEASE.max(NEAR) + TimeDelta::seconds(20)
}

#[cfg(test)]
mod tests;
