//! Checks texts that clients send as keys and cursors.

/// Pattern of printable ASCII text in a header. HTTP removes spaces at both ends of a header.
pub(crate) const HEADER_PATTERN: &str = "^[!-~]([ -~]*[!-~])?$";

/// Whether a text consists of 1 to `longest` printable ASCII characters, spaces included.
pub(crate) fn is_printable_ascii(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}
