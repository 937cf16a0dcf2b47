//! Stored form of the progress of the deletion of a tenant's data.

use couponflow_domain::kernel::cursor::Cursor;
use couponflow_domain::tenants::deletion::{Deletion, Pass};
use serde::{Deserialize, Serialize};

use crate::dynamo::engine::instant::instant;

/// Stored form of [`Deletion`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredDeletion {
    started_at_ms: i64,
    deleted: i64,
    pass_begins_at_ms: i64,
    pass_found: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pass_cursor: Option<Cursor>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    finished_at_ms: Option<i64>,
}

impl From<Deletion> for StoredDeletion {
    fn from(deletion: Deletion) -> Self {
        let Deletion { started_at, deleted, pass: Pass { begins_at, found, cursor }, finished_at } = deletion;
        Self {
            started_at_ms: started_at.timestamp_millis(),
            deleted,
            pass_begins_at_ms: begins_at.timestamp_millis(),
            pass_found: found,
            pass_cursor: cursor,
            finished_at_ms: finished_at.map(|at| at.timestamp_millis()),
        }
    }
}

impl From<StoredDeletion> for Deletion {
    fn from(stored: StoredDeletion) -> Self {
        let begins_at = instant(stored.pass_begins_at_ms);
        Self {
            started_at: instant(stored.started_at_ms),
            deleted: stored.deleted,
            pass: Pass { begins_at, found: stored.pass_found, cursor: stored.pass_cursor },
            finished_at: stored.finished_at_ms.map(instant),
        }
    }
}
