//! Templates, tried out.
#![expect(dead_code, reason = "described, never made")]

use schemars::JsonSchema;

/// What templates turn into; null where none was given.
#[derive(JsonSchema)]
pub(super) struct RenderedTemplates {
    /// One line.
    subject: Option<String>,
    /// HTML, with the values escaped.
    html: Option<String>,
    /// Plain text.
    text: Option<String>,
}
