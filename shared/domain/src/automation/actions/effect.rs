//! What executions and dry runs show of an effect.

use serde_json::Value;

/// Maximum number of characters of a text in the input of a step.
const MAX_SHOWN_CHARS: usize = 500;

/// Part of an effect that executions and dry runs show.
pub(super) trait ShowInput {
    /// Returns the input of the step: an object. Members that are null are not shown. Long texts are shortened with
    /// [`shorten`].
    fn input(&self) -> Value;
}

/// Shortens a text to the length that executions show.
pub(super) fn shorten(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
