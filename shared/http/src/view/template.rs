//! Rendered templates.

use couponflow_domain::automation::template::Rendered;
use schemars::JsonSchema;
use serde::Serialize;

/// Rendered templates. A template that is not in the request is null.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RenderedTemplates {
    /// Rendered subject line.
    subject: Option<String>,
    /// Rendered HTML body, with inserted values escaped.
    html: Option<String>,
    /// Rendered plain-text body.
    text: Option<String>,
}

impl From<Rendered> for RenderedTemplates {
    fn from(rendered: Rendered) -> Self {
        let Rendered { subject, html, text } = rendered;
        Self { subject, html, text }
    }
}
