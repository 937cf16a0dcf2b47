//! Response schema of template previews.
#![expect(dead_code, reason = "only the schemas of these types are used; no value is created")]

use schemars::JsonSchema;

/// Rendered templates. A template that is not in the request is null.
#[derive(JsonSchema)]
pub(super) struct RenderedTemplates {
    /// Rendered subject line.
    subject: Option<String>,
    /// Rendered HTML body, with inserted values escaped.
    html: Option<String>,
    /// Rendered plain-text body.
    text: Option<String>,
}
