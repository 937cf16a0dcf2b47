//! Stored form of an execution: the JSON in the attribute `execution`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use couponflow_app::kernel::error::StoreError;
use couponflow_domain::automation::execution::{Execution, ExecutionStatus, Lease, LeaseToken, StepRecord};
use couponflow_domain::events::event::{CorrelationKey, Detail, EventType};
use couponflow_domain::kernel::counters::{Revision, WorkflowVersion};
use couponflow_domain::kernel::ids::{ContactId, ExecutionId, WorkflowId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::stored_step::StoredStep;
use crate::dynamo::engine::item::from_stored_json;
use crate::failure::failed;

/// Maximum size of a stored execution, in bytes. A larger execution is stored abridged, because
/// DynamoDB limits an item to 400 KB.
const MAX_STORED_BYTES: usize = 350_000;

/// Stored form of [`Execution`]. `event` has the form of events on the bus.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredExecution {
    id: ExecutionId,
    workflow_id: WorkflowId,
    workflow_version: i64,
    event_type: EventType,
    event: Detail,
    contact: Option<ContactId>,
    /// Early versions did not store the keys.
    #[serde(default)]
    correlation: BTreeSet<CorrelationKey>,
    #[serde(default)]
    parent: Option<ExecutionId>,
    #[serde(default)]
    given: BTreeMap<String, Map<String, Value>>,
    #[serde(default)]
    chain: Vec<WorkflowId>,
    status: ExecutionStatus,
    #[serde(default)]
    detail: Option<String>,
    #[serde(default)]
    failing: bool,
    position: usize,
    steps: Vec<StoredStep>,
    lease: Option<StoredLease>,
    wake_at: Option<DateTime<Utc>>,
    revision: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredLease {
    token: LeaseToken,
    until: DateTime<Utc>,
}

impl StoredExecution {
    /// Serializes an execution, abridged if it is longer than [`MAX_STORED_BYTES`].
    pub(crate) fn json(execution: &Execution, doing: &'static str) -> Result<String, StoreError> {
        let write = |execution: Execution| {
            serde_json::to_string(&Self::from(execution)).map_err(|error| failed(doing)(error.into()))
        };
        let whole = write(execution.clone())?;
        if whole.len() <= MAX_STORED_BYTES { Ok(whole) } else { write(execution.abridged()) }
    }

    /// Parses a stored execution.
    pub(crate) fn parse(json: &str, doing: &'static str) -> Result<Execution, StoreError> {
        let stored: Self = from_stored_json(json, "execution", doing)?;
        Ok(stored.into())
    }
}

impl From<Execution> for StoredExecution {
    fn from(execution: Execution) -> Self {
        let Execution {
            id,
            workflow_id,
            workflow_version,
            event_type,
            event,
            contact,
            correlation,
            parent,
            given,
            chain,
            status,
            detail,
            failing,
            position,
            steps,
            lease,
            wake_at,
            revision,
            created_at,
            updated_at,
        } = execution;
        Self {
            id,
            workflow_id,
            workflow_version: workflow_version.get(),
            event_type,
            event,
            contact,
            correlation,
            parent,
            given,
            chain,
            status,
            detail,
            failing,
            position,
            steps: steps.into_iter().map(StoredStep::from).collect(),
            lease: lease.map(|Lease { token, until }| StoredLease { token, until }),
            wake_at,
            revision: revision.get(),
            created_at,
            updated_at,
        }
    }
}

impl From<StoredExecution> for Execution {
    fn from(stored: StoredExecution) -> Self {
        Self {
            id: stored.id,
            workflow_id: stored.workflow_id,
            workflow_version: WorkflowVersion::new(stored.workflow_version),
            event_type: stored.event_type,
            event: stored.event,
            contact: stored.contact,
            correlation: stored.correlation,
            parent: stored.parent,
            given: stored.given,
            chain: stored.chain,
            status: stored.status,
            detail: stored.detail,
            failing: stored.failing,
            position: stored.position,
            steps: stored.steps.into_iter().map(StepRecord::from).collect(),
            lease: stored.lease.map(|StoredLease { token, until }| Lease { token, until }),
            wake_at: stored.wake_at,
            revision: Revision::new(stored.revision),
            created_at: stored.created_at,
            updated_at: stored.updated_at,
        }
    }
}
