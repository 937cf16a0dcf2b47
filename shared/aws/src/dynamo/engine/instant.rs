//! Instants in items, which are stored as milliseconds since 1970.

use chrono::{DateTime, Utc};

/// Converts milliseconds since 1970 to an instant. A value out of range becomes 1970-01-01T00:00:00Z.
pub(crate) fn instant(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap_or(DateTime::UNIX_EPOCH)
}
