//! Cursors of lists that are read in pages.

use serde::{Deserialize, Serialize};

/// Position in a list from which the next page continues. The content depends on the list: for example, the sort key of
/// the last entry that was examined. Only the code that reads the list interprets the cursor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

impl Cursor {
    /// Creates a cursor from its stored or transmitted text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text to store, transmit or interpret.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
