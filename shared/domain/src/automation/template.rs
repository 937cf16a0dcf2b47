//! Merge fields: `{{coupon.code}}`, `{{customer.first_name}}`, `{{steps.bonus.code}}`.
//!
//! The engine is minijinja. It has a budget of instructions (fuel), and everything that could bypass HTML escaping is
//! removed; [`render`] also limits the length of its output.
//!
//! When a workflow is saved, each field is checked against what the trigger and the earlier steps can provide. When a
//! template is rendered, a field without a value (an anonymous cart has no first name) is an error, unless the template
//! has a `|default` for the field or skips it with a condition. `{{order.total|money}}` and
//! `{{coupon.expires_at|date}}` write amounts and instants for a locale and time zone.

mod advice;
mod catalog;
mod context;
mod expression;
mod field;
mod filters;
mod format;
mod json;
mod preview;
mod sample;
mod scope;

pub use advice::{advice, fields_without_default};
pub use catalog::{FILTERS, TemplateFilter};
pub use context::Context;
pub use field::{Kind, MergeField, StepOutput};
pub use format::Format;
pub use json::{is_single_expression, looks_like_json, prove_json, render_json};
pub use preview::{Preview, Rendered};
pub use sample::sample_renderings;
pub use scope::Scope;

use std::error::Error as _;

use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, escape_formatter};

use filters::Misuse;

/// Fuel (engine instructions) that rendering one template may use. Output uses fuel, too, so this limit also bounds the
/// memory.
const FUEL: u64 = 50_000;

/// Maximum length of rendered text, in bytes.
const MAX_OUTPUT: usize = 1_000_000;

/// Maximum length of a rendered [`OutputKind::Line`], in bytes. It is small because lines are stored with the execution.
const MAX_LINE: usize = 4_000;

/// Kind of text that a template renders to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputKind {
    /// HTML; values are escaped.
    Html,
    Text,
    /// One line, such as a subject; line breaks and other control characters become spaces.
    Line,
}

/// Reason why a template can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Has a syntax error, uses something unknown, or exceeds the fuel budget.
    #[error("is not a valid template: {0}")]
    Invalid(String),
    /// Uses a field that has no value in any event of the trigger.
    #[error("uses {{{{{field}}}}}, which is not available here; must be one of {known}")]
    UnknownField {
        field: String,
        /// Names of the available fields, separated by commas.
        known: String,
    },
    /// Uses a field that has no value in this event, without `|default`.
    #[error("{0} has no value and no |default in the template")]
    Missing(String),
    /// Renders to more than the limit.
    #[error("renders to {length} bytes; the limit is {most}")]
    TooLong {
        /// In bytes.
        length: usize,
        /// In bytes.
        most: usize,
    },
}

impl From<Error> for TemplateError {
    fn from(error: Error) -> Self {
        if let Some(field) = missing_field(&error) {
            return Self::Missing(field);
        }
        let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
        let line = error.line().map(|line| format!(" on line {line}")).unwrap_or_default();
        let remedy = match error.kind() {
            ErrorKind::UnknownFilter => {
                "; to format amounts and instants, use money, date, datetime or time; GET /v1/triggers lists all filters"
            }
            _ => "",
        };
        Self::Invalid(format!("{what}{line}{remedy}"))
    }
}

/// Name of the field without a value that caused the error. Only an [`MissingFields::Fail`] environment reports such
/// errors.
fn missing_field(error: &Error) -> Option<String> {
    let detail = error.detail().unwrap_or_default();
    let named = detail.split_once("` is undefined").and_then(|(before, _)| before.rsplit_once('`'));
    match (named, error.kind()) {
        (Some((_, field)), _) => Some(field.to_owned()),
        (None, ErrorKind::UndefinedError) => Some("a merge field".to_owned()),
        (None, _) => None,
    }
}

/// Behaviour when a template prints a field that has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MissingFields {
    /// Prints nothing. Used to check a template without real values.
    PrintNothing,
    /// Rendering fails.
    Fail,
}

fn environment(format: &Format, unset: MissingFields) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(match unset {
        MissingFields::PrintNothing => UndefinedBehavior::Chainable,
        MissingFields::Fail => UndefinedBehavior::SemiStrict,
    });
    // Debug mode makes the error name the field that has no value.
    environment.set_debug(unset == MissingFields::Fail);
    environment.set_fuel(Some(FUEL));
    environment.remove_filter("safe");
    environment.remove_global("debug");
    environment.set_formatter(|out, state, value| match (state.name(), state.auto_escape()) {
        (HTML, AutoEscape::Html) | (TEXT, AutoEscape::None) => escape_formatter(out, state, value),
        _ => Err(Error::new(ErrorKind::SyntaxError, "autoescape is not allowed: values in HTML are always escaped")),
    });
    filters::install(&mut environment, format);
    environment
}

/// Template names; the engine chooses the escaping by the file extension.
const HTML: &str = "body.html";
const TEXT: &str = "body.txt";

/// Checks a template when a workflow is saved.
///
/// # Errors
/// Fails on a syntax error, on a field that `scope` lacks, and on an unknown filter, test, function, locale or time
/// zone.
pub fn check(source: &str, scope: &Scope) -> Result<(), TemplateError> {
    let environment = environment(&Format::default(), MissingFields::PrintNothing);
    let template = environment.template_from_named_str(HTML, source)?;
    let used = template.undeclared_variables(true);
    if let Some(field) = used.into_iter().filter(|field| !scope.has(field)).min() {
        let known = scope.fields().map(|field| field.field.as_str()).collect::<Vec<_>>().join(", ");
        return Err(TemplateError::UnknownField { field, known });
    }
    // The engine reports unknown filters, tests and functions only when it executes them. Rendering once with every
    // field and once without any takes both branches of a condition on a field.
    for fields in [scope.sample(|_| false), scope.sample(|_| true)] {
        if let Err(error) = template.render(fields)
            && is_fault_of_the_template(&error)
        {
            return Err(error.into());
        }
    }
    Ok(())
}

/// Whether the template fails for any values. Other errors are caused by the sample values.
fn is_fault_of_the_template(error: &Error) -> bool {
    use ErrorKind::{
        MissingArgument, SyntaxError, TooManyArguments, UnknownFilter, UnknownFunction, UnknownMethod, UnknownTest,
    };
    let named =
        [MissingArgument, SyntaxError, TooManyArguments, UnknownFilter, UnknownFunction, UnknownMethod, UnknownTest];
    named.contains(&error.kind()) || error.source().is_some_and(|source| source.is::<Misuse>())
}

/// Renders a template.
///
/// # Errors
/// Fails if the fuel or the output limit is exceeded, a filter does not accept its value, or a field without `|default`
/// has no value.
pub fn render(source: &str, form: OutputKind, context: &Context) -> Result<String, TemplateError> {
    let environment = environment(&context.format, MissingFields::Fail);
    let name = if form == OutputKind::Html { HTML } else { TEXT };
    let text = environment.template_from_named_str(name, source)?.render(context.values.clone())?;
    let most = if form == OutputKind::Line { MAX_LINE } else { MAX_OUTPUT };
    match form {
        _ if text.len() > most => Err(TemplateError::TooLong { length: text.len(), most }),
        OutputKind::Line => Ok(text.replace(breaks_a_line, " ")),
        OutputKind::Html | OutputKind::Text => Ok(text),
    }
}

fn breaks_a_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests;
