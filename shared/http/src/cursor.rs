//! Cursors of list pages. A cursor states where the next page of a list starts. Clients get the
//! cursor as base64url and do not interpret it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use couponflow_domain::kernel::cursor::Cursor;

use crate::printable::is_printable_ascii;

/// Encodes a cursor as base64url, which needs no escaping in a query.
pub fn encode_cursor(cursor: &Cursor) -> String {
    URL_SAFE_NO_PAD.encode(cursor.as_str())
}

/// Decodes a cursor that [`encode_cursor`] encoded. Returns `None` if the decoded text does not
/// consist of 1 to 200 printable ASCII characters.
pub fn decode_cursor(cursor: &str) -> Option<Cursor> {
    let inside = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    is_printable_ascii(&inside, 200).then(|| Cursor::new(inside))
}
