//! Bodies of webhooks.

use serde_json::{Value, json};

use super::preparation::Preparation;
use super::reader::StepReader;
use crate::automation::execution::Outcome;
use crate::automation::template;
use crate::automation::template::{MAX_BODY, OutputKind, body_schema, render, render_json};
use crate::events::event::SOURCE;
use crate::kernel::input::{Errors, Field};
use crate::kernel::personal::PersonalText;

/// Maximum number of strings with merge fields in a JSON body.
const MAX_JSON_TEXTS: usize = 200;

/// Body of a webhook.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// The event, as published on the bus.
    Event,
    /// JSON value whose texts are templates.
    Json(Value),
    /// Template that renders to JSON.
    JsonText(String),
    /// Template of plain text.
    Text(String),
}

impl Body {
    /// Media type of the body.
    pub fn content_type(&self) -> &'static str {
        match self {
            Self::Event | Self::Json(_) | Self::JsonText(_) => "application/json",
            Self::Text(_) => "text/plain; charset=utf-8",
        }
    }

    pub(super) fn render(&self, preparation: &Preparation<'_>) -> Result<PersonalText, Outcome> {
        match self {
            Self::Event => {
                let event = &preparation.event;
                let envelope =
                    json!({"source": SOURCE, "detail-type": event.kind.detail_type(), "detail": event.detail()});
                Ok(envelope.to_string().into())
            }
            Self::Json(template) => {
                preparation.rendered(|context| Ok(render_json(template, context)?.to_string().into()))
            }
            Self::Text(source) => preparation.rendered(|context| Ok(render(source, OutputKind::Text, context)?.into())),
            Self::JsonText(source) => {
                let text: PersonalText =
                    preparation.rendered(|context| Ok(render(source, OutputKind::Text, context)?.into()))?;
                // A workflow that was saved before the check `prove_json` was introduced can render
                // to invalid JSON.
                match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
                    Ok(_) => Ok(text),
                    Err(error) => Err(Outcome::Failed(format!(
                        "the body starts like JSON but is not valid JSON: {error}; write a JSON value, or use |tojson"
                    ))),
                }
            }
        }
    }
}

/// Reads a webhook body: either one template, or a JSON object or array whose strings are templates.
pub(super) fn read(step: &mut StepReader<'_, '_, '_>, field: &Field<'_>, errors: &mut Errors) -> Option<Body> {
    match field.value() {
        Some(json @ (Value::Object(_) | Value::Array(_))) => {
            if json.to_string().len() > MAX_BODY {
                return field.reject(format_args!("must have at most {MAX_BODY} bytes as JSON"), errors);
            }
            let mut left = MAX_JSON_TEXTS;
            read_json(step, field, &mut left, errors)?;
            Some(Body::Json(json.clone()))
        }
        Some(Value::String(_)) => {
            let source = field.lines(1..=MAX_BODY, errors)?;
            let source = step.template(field, source, errors)?;
            if !template::looks_like_json(&source) {
                return Some(Body::Text(source));
            }
            if let Err(detail) = template::prove_json(&source, &step.context.scope) {
                step.fault(field, detail);
            }
            Some(Body::JsonText(source))
        }
        _ => field.reject("must be a string, a JSON object or a JSON array", errors),
    }
}

/// Checks the strings of a JSON body. `left` is the number of strings with merge fields that are still permitted.
fn read_json(
    step: &mut StepReader<'_, '_, '_>,
    field: &Field<'_>,
    left: &mut usize,
    errors: &mut Errors,
) -> Option<()> {
    match field.value() {
        Some(Value::Object(members)) => {
            let mut read = Some(());
            for name in members.keys() {
                let member = field.get(name);
                let checked = match name.contains("{{") {
                    true => member.reject("must not have a merge field; names are not rendered", errors),
                    false => read_json(step, &member, left, errors),
                };
                read = read.and(checked);
            }
            read
        }
        Some(Value::Array(elements)) => {
            let read = field.list(0..=elements.len(), errors, |field, errors| read_json(step, field, left, errors));
            read.map(|_| ())
        }
        Some(Value::String(text)) if text.contains('{') => {
            let source = field.lines(1..=MAX_BODY, errors)?;
            let Some(rest) = left.checked_sub(1) else {
                return field
                    .reject(format_args!("exceeds the limit of {MAX_JSON_TEXTS} texts with merge fields"), errors);
            };
            *left = rest;
            read_text(step, field, source, errors)
        }
        _ => Some(()),
    }
}

/// Checks a string of a JSON body. Adds no warnings for a string that is a single expression: if the expression has
/// no value, the body contains `null`.
fn read_text(step: &mut StepReader<'_, '_, '_>, field: &Field<'_>, source: &str, errors: &mut Errors) -> Option<()> {
    if template::is_single_expression(source) {
        return step.checked(field, source, errors).map(|_| ());
    }
    step.template(field, source, errors).map(|_| ())
}

/// Request schema of a webhook body.
pub(super) fn schema() -> Value {
    let description = "JSON whose strings are templates. A string that consists of a single merge field becomes the \
                       value of the field with its JSON type, or null if the field has no value.";
    let text = body_schema("Body text. Sent as JSON if the text begins with `{` or `[`, otherwise as `text/plain`.");
    json!({"anyOf": [
        text,
        {"type": "object", "title": "WebhookBody", "description": description},
        {"type": "array", "items": {}, "description": description},
    ]})
}
