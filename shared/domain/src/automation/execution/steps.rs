//! Records of the steps of an execution.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::lease_token::LeaseToken;
use super::send_slot::SendSlot;
use super::step_type::StepType;
use crate::kernel::cursor::Cursor;
use crate::kernel::digest::Bits80;

/// Status of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// Claimed and under way.
    Running,
    /// Waits, either because it is a wait step or for the next attempt.
    Waiting,
    /// Done.
    Completed,
    /// There was nothing to do; the detail says why.
    Skipped,
    /// The step may or may not have been performed. It is repeated only if the workflow's `on_unknown` is `retry`.
    Unknown,
    /// The step failed permanently.
    Failed,
}

/// Outcome of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// The attempt performed the step, or found that there was nothing to do.
    Completed,
    /// The attempt did not perform the step.
    Failed,
    /// The attempt may or may not have performed the step.
    Unknown,
}

/// One attempt at a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub started_at: DateTime<Utc>,
    /// When the outcome was recorded.
    pub finished_at: Option<DateTime<Utc>>,
    /// Outcome; `None` while the attempt is under way, or if it was interrupted.
    pub outcome: Option<AttemptOutcome>,
    pub error: Option<String>,
    /// Token of the claim.
    pub token: LeaseToken,
}

/// State that a step keeps from one attempt to the next.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    /// Random bits drawn with the first claim, so that every attempt generates the same values. The
    /// bits are secret if a coupon code is generated from them.
    pub seed: Bits80,
    /// What happens when the wait is over.
    pub then: AfterWait,
    /// Slot that the rate limit assigned to the message.
    pub slot: Option<SendSlot>,
    /// Position in the audience.
    pub cursor: Option<Cursor>,
    /// Number of executions started for contacts of the audience.
    pub begun: u64,
    /// Number of attempts made before an operator's retry.
    pub tried_before: usize,
    /// Name of the signal that completed the step. The same signal has no effect on later steps.
    pub heard: Option<String>,
}

/// What happens when the wait of a step is over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterWait {
    /// The step is attempted, for the first time or again.
    #[default]
    Try,
    /// The step is done.
    Done,
    /// The awaited event or change did not happen.
    TimedOut,
}

/// Record of one step of an execution. `Debug` shows no input, output, detail or error, because they can contain
/// personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct StepRecord {
    /// Position of the step in the definition.
    pub place: usize,
    pub id: String,
    pub r#type: StepType,
    pub status: StepStatus,
    pub attempts: Vec<Attempt>,
    /// Rendered input of the last attempt.
    pub input: Map<String, Value>,
    pub output: Map<String, Value>,
    /// Reason why the step was skipped, failed or waits, or why its outcome is unknown.
    pub detail: Option<String>,
    /// Start of the first attempt.
    pub started_at: DateTime<Utc>,
    /// When the outcome was recorded.
    pub finished_at: Option<DateTime<Utc>>,
    pub memory: Memory,
}

impl fmt::Debug for StepRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, id, r#type, status, attempts, .. } = self;
        let mut record = f.debug_struct("StepRecord");
        record.field("place", place).field("id", id).field("type", r#type).field("status", status);
        record.field("attempts", &attempts.len()).finish_non_exhaustive()
    }
}

impl StepRecord {
    /// Number of attempts since the last retry by an operator. Without such a retry, the number of
    /// all attempts.
    pub fn tries(&self) -> usize {
        self.attempts.len().saturating_sub(self.memory.tried_before)
    }

    /// Whether an operator retried the step and no attempt has been made since the retry. Such a
    /// step may have missed signals, because a failed step receives none.
    pub fn is_retried(&self) -> bool {
        self.memory.tried_before > 0 && self.tries() == 0
    }

    /// Whether the execution was listening for signals while it was at this step.
    pub fn has_listened(&self) -> bool {
        self.r#type.kind().is_some_and(|kind| kind.properties().listens)
    }

    pub(super) fn abridged(&self) -> Self {
        let attempts: Vec<Attempt> = self.attempts.last().cloned().into_iter().collect();
        let memory = Memory { tried_before: self.memory.tried_before.min(attempts.len()), ..self.memory.clone() };
        Self { attempts, memory, input: Map::new(), ..self.clone() }
    }

    /// Removes data that may identify a customer: the input and the detail of the step, and the
    /// errors of its attempts. Errors can quote the responses of receivers.
    pub(super) fn redact(&mut self) {
        self.input.clear();
        self.detail = None;
        for attempt in &mut self.attempts {
            attempt.error = None;
        }
    }

    /// Whether the record has none of the data that [`StepRecord::redact`] removes.
    pub(super) fn is_redacted(&self) -> bool {
        let has_errors = self.attempts.iter().any(|attempt| attempt.error.is_some());
        self.input.is_empty() && self.detail.is_none() && !has_errors
    }

    pub(super) fn end(&mut self, status: StepStatus, detail: Option<String>, now: DateTime<Utc>) {
        self.status = status;
        self.detail = detail;
        self.finished_at = Some(now);
    }
}
