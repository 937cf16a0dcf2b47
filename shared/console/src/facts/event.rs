//! Events.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

/// Event of the event log.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Event {
    #[serde(rename = "detail-type")]
    pub(crate) kind: String,
    pub(crate) detail: EventDetail,
}

/// Metadata and data of an event.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct EventDetail {
    pub(crate) metadata: EventMetadata,
    pub(crate) data: Value,
}

/// Metadata of an event.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct EventMetadata {
    pub(crate) event_id: String,
    pub(crate) occurred_at: DateTime<Utc>,
}
