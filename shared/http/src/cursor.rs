//! Cursors of list pages. A cursor states where the next page of a list starts. Clients get the
//! cursor as base64url and do not interpret it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use couponflow_domain::kernel::cursor::Cursor;
use serde_json::{Value, json};

use crate::printable::is_printable_ascii;

/// Maximum length of a decoded cursor in bytes.
const MAX_LENGTH: usize = 200;

/// Returns the schema of an encoded cursor. Base64 writes each 3 bytes as 4 characters.
pub fn schema() -> Value {
    let longest = (MAX_LENGTH * 4).div_ceil(3);
    json!({"type": "string", "minLength": 2, "maxLength": longest, "pattern": "^[A-Za-z0-9_-]+$"})
}

/// Encodes a cursor as base64url, which needs no escaping in a query.
pub fn encode_cursor(cursor: &Cursor) -> String {
    URL_SAFE_NO_PAD.encode(cursor.as_str())
}

/// Decodes a cursor that [`encode_cursor`] encoded. Returns `None` if the decoded text does not
/// consist of printable ASCII characters, or is empty or too long.
pub fn decode_cursor(cursor: &str) -> Option<Cursor> {
    let inside = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    is_printable_ascii(&inside, MAX_LENGTH).then(|| Cursor::new(inside))
}
