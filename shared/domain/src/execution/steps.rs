//! What became of the steps of an execution.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::digest::Bits80;

/// Where a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// Claimed and under way.
    Running,
    /// Waiting, by its identity or for another attempt.
    Waiting,
    /// Done.
    Completed,
    /// There was nothing to do; the detail says why.
    Skipped,
    /// It may have happened or not; not repeated, unless the workflow says so.
    Unknown,
    /// Failed for good.
    Failed,
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// It did what it was to do, or found that there was nothing to do.
    Completed,
    /// It did not.
    Failed,
    /// It may have.
    Unknown,
}

/// One try at a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When its outcome was recorded.
    pub finished_at: Option<DateTime<Utc>>,
    /// What became of it; none while it is under way, or where it was cut off.
    pub outcome: Option<AttemptOutcome>,
    /// What went wrong.
    pub error: Option<String>,
    /// The token of its claim.
    pub token: String,
}

/// What a step keeps from one attempt to the next.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Random bits, drawn before the first attempt: what is made from them is the same at each attempt. Secret where a
    /// code is made from them.
    pub seed: Bits80,
    /// What follows when its wait is over.
    #[serde(default)]
    pub then: AfterWait,
    /// From when on the message may be sent: its place in the queue of all that are sent.
    #[serde(default)]
    pub slot: Option<DateTime<Utc>>,
    /// How far through the audience it is.
    #[serde(default)]
    pub cursor: Option<String>,
    /// For how many of the audience it has begun an execution.
    #[serde(default)]
    pub begun: u64,
    /// Attempts before an operator had it tried again.
    #[serde(default)]
    pub tried_before: usize,
    /// By what it was reached or ended, which then leads nowhere else.
    #[serde(default)]
    pub heard: Option<String>,
}

/// What follows when the wait of a step is over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterWait {
    /// It is tried, or tried again.
    #[default]
    Try,
    /// It is done.
    Done,
    /// What it waited for has not happened.
    TimedOut,
}

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRecord {
    /// Its place in the definition.
    pub place: usize,
    /// The step's name.
    pub id: String,
    /// The step's type.
    pub r#type: String,
    /// Where it is.
    pub status: StepStatus,
    /// Its tries.
    pub attempts: Vec<Attempt>,
    /// What it was done with, rendered.
    #[serde(default)]
    pub input: Map<String, Value>,
    /// What it put out.
    #[serde(default)]
    pub output: Map<String, Value>,
    /// Why it was skipped, failed, waits or is unknown.
    pub detail: Option<String>,
    /// First attempt.
    pub started_at: DateTime<Utc>,
    /// When its outcome was recorded.
    pub finished_at: Option<DateTime<Utc>>,
    /// What it keeps for itself.
    pub memory: Memory,
}

impl StepRecord {
    /// Tries since it was first come to, or since an operator had it tried again.
    pub fn tries(&self) -> usize {
        self.attempts.len().saturating_sub(self.memory.tried_before)
    }

    /// Whether an operator had it tried again and nothing was done since. What failed listens no more.
    pub fn is_retried(&self) -> bool {
        self.memory.tried_before > 0 && self.tries() == 0
    }

    /// When the first of those tries began.
    pub fn first_try_at(&self) -> DateTime<Utc> {
        self.attempts.get(self.memory.tried_before).map_or(self.started_at, |attempt| attempt.started_at)
    }

    /// Whether its execution listened for something to happen while it was at this step.
    pub fn has_listened(&self) -> bool {
        matches!(self.r#type.as_str(), "wait_for_event" | "goal")
    }

    pub(super) fn abridged(&self) -> Self {
        let attempts: Vec<Attempt> = self.attempts.last().cloned().into_iter().collect();
        let memory = Memory { tried_before: self.memory.tried_before.min(attempts.len()), ..self.memory.clone() };
        Self { attempts, memory, input: Map::new(), ..self.clone() }
    }

    pub(super) fn end(&mut self, status: StepStatus, detail: Option<String>, now: DateTime<Utc>) {
        self.status = status;
        self.detail = detail;
        self.finished_at = Some(now);
    }
}
