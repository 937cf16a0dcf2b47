//! Bodies of answers that are not a single resource: pages of lists, HTML pages and empty bodies.

use couponflow_domain::kernel::cursor::Cursor;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cursor::encode_cursor;

/// Marks an answer without a body.
#[derive(Debug)]
pub struct NoContent;

/// Marks an answer that is an HTML page.
#[derive(Debug)]
pub struct Html;

/// One page of a list. The newest entry is first, unless the operation states another order.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "{T}Page")]
pub struct Page<T> {
    data: Vec<T>,
    /// Send this value as `cursor` to get the next page. Null on the last page. Every page, not
    /// only the last page, can have fewer entries than `limit`, or no entries.
    next_cursor: Option<String>,
    /// Number of entries of this page that were left out because the stored data is damaged. Absent if there are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    skipped: usize,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl<T> Page<T> {
    /// Creates a page. Encodes the cursor as base64url. [`Request::page`](crate::Request::page)
    /// decodes the cursor of the next request.
    pub fn new(data: impl IntoIterator<Item = T>, next_cursor: Option<Cursor>) -> Self {
        Self { data: data.into_iter().collect(), next_cursor: next_cursor.as_ref().map(encode_cursor), skipped: 0 }
    }

    /// States how many entries were left out.
    #[must_use]
    pub fn skipping(self, skipped: usize) -> Self {
        Self { skipped, ..self }
    }
}
