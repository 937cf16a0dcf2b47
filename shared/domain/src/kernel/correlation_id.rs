//! Ids that connect events and stored records to the request that caused them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Id of the request that led to an event, a redemption or an application.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CorrelationId(String);

impl CorrelationId {
    /// Creates the id from the id of a request.
    pub fn new(request_id: impl Into<String>) -> Self {
        Self(request_id.into())
    }

    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
