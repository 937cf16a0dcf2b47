//! Error for stored data that cannot be parsed.

use serde_path_to_error::Path;

/// Stored data that cannot be parsed. Names the path of the faulty part, because the messages of serde quote values,
/// and values can be personal data.
#[derive(Debug, thiserror::Error)]
#[error("not a valid {what} at {path}")]
pub(crate) struct Unreadable {
    what: &'static str,
    path: String,
}

impl Unreadable {
    /// Creates the error for a fault at `path`. The path is `.` if the fault is in the value as a whole.
    pub(crate) fn at(what: &'static str, path: &Path) -> Self {
        Self { what, path: path.to_string() }
    }
}
