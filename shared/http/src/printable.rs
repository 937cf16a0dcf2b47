//! Checks texts that clients send as keys and cursors.

/// Whether a text consists of 1 to `longest` printable ASCII characters, spaces included.
pub(crate) fn is_printable_ascii(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}
