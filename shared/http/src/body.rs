//! Types of answers that are not a single resource.

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
    /// Send this value as `cursor` to get the next page. Null on the last page. A page before the last one can also
    /// have fewer entries than `limit`, or none.
    next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Creates a page. Encodes the cursor as base64url; [`Request::page`](crate::Request::page) decodes it.
    pub fn new(data: impl IntoIterator<Item = T>, next_cursor: Option<String>) -> Self {
        Self { data: data.into_iter().collect(), next_cursor: next_cursor.map(encode_cursor) }
    }
}
