//! What executions and dry runs show of an effect.

use serde_json::{Map, Value};

/// Maximum number of characters of a text in the input of a step.
const MAX_SHOWN_CHARS: usize = 500;

/// Part of an effect that executions and dry runs show.
pub(super) trait ShowInput {
    /// Returns the input of the step, made with [`members`]. Long texts are shortened with [`shorten`].
    fn input(&self) -> Map<String, Value>;
}

/// Creates an object of these members. Leaves out the members that are null.
pub(super) fn members<const COUNT: usize>(members: [(&str, Value); COUNT]) -> Map<String, Value> {
    let shown = members.into_iter().filter(|(_, value)| !value.is_null());
    shown.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Shortens a text to the length that executions show.
pub(super) fn shorten(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
