//! Limits and request schemas of template texts.

use serde_json::Value;

use crate::kernel::json_schema::{lines, text};

/// Maximum number of characters of a template that renders to one line.
pub const MAX_SUBJECT: usize = 500;

/// Maximum number of characters of a template that renders to a body.
pub const MAX_BODY: usize = 100_000;

/// Request schema of the template of a subject line.
pub fn subject_schema() -> Value {
    text(1..=MAX_SUBJECT, "Subject line. A template.")
}

/// Request schema of the template of a body.
pub fn body_schema(description: &str) -> Value {
    lines(1..=MAX_BODY, &format!("{description} A template."))
}
