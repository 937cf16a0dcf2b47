//! Stored form of the record of a step.

use chrono::{DateTime, Utc};
use couponflow_domain::automation::execution::{
    AfterWait, Attempt, AttemptOutcome, LeaseToken, Memory, SendSchedule, SendSlot, StepRecord, StepStatus,
};
use couponflow_domain::kernel::cursor::Cursor;
use couponflow_domain::kernel::digest::Bits80;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Stored form of [`StepRecord`].
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredStep {
    place: usize,
    id: String,
    r#type: String,
    status: StepStatus,
    attempts: Vec<StoredAttempt>,
    #[serde(default)]
    input: Map<String, Value>,
    #[serde(default)]
    output: Map<String, Value>,
    detail: Option<String>,
    started_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    memory: StoredMemory,
}

#[derive(Serialize, Deserialize)]
struct StoredAttempt {
    started_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    outcome: Option<AttemptOutcome>,
    error: Option<String>,
    token: LeaseToken,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredMemory {
    seed: Bits80,
    #[serde(default)]
    then: AfterWait,
    #[serde(default)]
    slot: Option<DateTime<Utc>>,
    /// Whether `slot` is a slot of the tenant's schedule. Absent for a slot of the account.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    slot_of_tenant: bool,
    #[serde(default)]
    cursor: Option<Cursor>,
    #[serde(default)]
    begun: u64,
    #[serde(default)]
    tried_before: usize,
    #[serde(default)]
    heard: Option<String>,
}

impl From<StepRecord> for StoredStep {
    fn from(record: StepRecord) -> Self {
        let StepRecord { place, id, r#type, status, attempts, input, output, detail, started_at, finished_at, memory } =
            record;
        Self {
            place,
            id,
            r#type: r#type.name().to_owned(),
            status,
            attempts: attempts.into_iter().map(StoredAttempt::from).collect(),
            input,
            output,
            detail,
            started_at,
            finished_at,
            memory: memory.into(),
        }
    }
}

impl From<StoredStep> for StepRecord {
    fn from(stored: StoredStep) -> Self {
        Self {
            place: stored.place,
            id: stored.id,
            r#type: stored.r#type.into(),
            status: stored.status,
            attempts: stored.attempts.into_iter().map(Attempt::from).collect(),
            input: stored.input,
            output: stored.output,
            detail: stored.detail,
            started_at: stored.started_at,
            finished_at: stored.finished_at,
            memory: stored.memory.into(),
        }
    }
}

impl From<Attempt> for StoredAttempt {
    fn from(attempt: Attempt) -> Self {
        let Attempt { started_at, finished_at, outcome, error, token } = attempt;
        Self { started_at, finished_at, outcome, error, token }
    }
}

impl From<StoredAttempt> for Attempt {
    fn from(stored: StoredAttempt) -> Self {
        let StoredAttempt { started_at, finished_at, outcome, error, token } = stored;
        Self { started_at, finished_at, outcome, error, token }
    }
}

impl From<Memory> for StoredMemory {
    fn from(memory: Memory) -> Self {
        let Memory { seed, then, slot, cursor, begun, tried_before, heard } = memory;
        let slot_of_tenant = slot.is_some_and(|slot| slot.schedule == SendSchedule::Tenant);
        let slot = slot.map(|slot| slot.instant);
        Self { seed, then, slot, slot_of_tenant, cursor, begun, tried_before, heard }
    }
}

impl From<StoredMemory> for Memory {
    fn from(stored: StoredMemory) -> Self {
        let StoredMemory { seed, then, slot, slot_of_tenant, cursor, begun, tried_before, heard } = stored;
        let schedule = if slot_of_tenant { SendSchedule::Tenant } else { SendSchedule::Account };
        let slot = slot.map(|instant| SendSlot { instant, schedule });
        Self { seed, then, slot, cursor, begun, tried_before, heard }
    }
}
