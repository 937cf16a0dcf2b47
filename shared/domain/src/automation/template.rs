//! Templates with merge fields, such as `{{coupon.code}}`, `{{customer.first_name}}` or
//! `{{steps.bonus.code}}`.
//!
//! The template engine is minijinja. Each rendering has a budget of engine instructions (fuel), and
//! [`render`] limits the length of the output. Features that could bypass HTML escaping are
//! removed.
//!
//! When a workflow is saved, each field must be one that the trigger or an earlier step can
//! provide. When a template is rendered, a field can still have no value: for example, an anonymous
//! cart has no first name. A field without a value is an error, unless the template has a
//! `|default` for the field or skips the field with a condition. `{{order.total|money}}` and
//! `{{coupon.expires_at|date}}` format amounts and instants for a locale and time zone.

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
mod step_references;
mod text;

pub use advice::{advice, fields_without_default};
pub use catalog::{FILTERS, TemplateFilter};
pub use context::{Context, UNSUBSCRIBE_PLACEHOLDER};
pub(in crate::automation) use field::UNSUBSCRIBE_URL;
pub use field::{Kind, MergeField, StepOutput};
pub use format::Format;
pub use json::{is_single_expression, looks_like_json, prove_json, render_json};
pub use preview::{Preview, Rendered};
pub use sample::sample_renderings;
pub use scope::Scope;
pub use step_references::{rename_step, step_references};
pub use text::{MAX_BODY, MAX_SUBJECT, body_schema, subject_schema};

use std::error::Error as _;

use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, escape_formatter};

use filters::Misuse;

/// Fuel (engine instructions) that rendering one template may use. Printing also uses fuel, so this
/// limit also bounds the memory.
const FUEL: u64 = 50_000;

/// Maximum length of rendered text, in bytes.
const MAX_OUTPUT: usize = 1_000_000;

/// Maximum length of a rendered [`OutputKind::Line`], in bytes. The limit is small, because lines
/// are stored with the execution.
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
    #[error("is not a valid template: {what}{}{}", .line.map(|line| format!(" on line {line}")).unwrap_or_default(),
        .remedy.map(|remedy| format!("; {remedy}")).unwrap_or_default())]
    Invalid {
        /// What is wrong, in the words of the template language.
        what: String,
        line: Option<usize>,
        /// What the author can do, if the fault is a common one.
        remedy: Option<&'static str>,
    },
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
        let remedy = match error.kind() {
            ErrorKind::UnknownFilter => Some(
                "to format amounts and instants, use money, date, datetime or time; GET /v1/triggers lists all filters",
            ),
            _ => None,
        };
        Self::Invalid { what, line: error.line(), remedy }
    }
}

/// Returns the name of the field that caused the error, because the field has no value. Only an
/// environment with [`MissingFields::Fail`] reports this error.
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

/// Template names. The engine chooses the escaping by the file extension.
const HTML: &str = "body.html";
const TEXT: &str = "body.txt";

/// Checks a template when a workflow is saved.
///
/// # Errors
/// Returns [`TemplateError`] if the template has a syntax error, a field that `scope` lacks, or an
/// unknown filter, test, function, locale or time zone.
pub fn check(source: &str, scope: &Scope) -> Result<(), TemplateError> {
    let environment = environment(&Format::default(), MissingFields::PrintNothing);
    let template = environment.template_from_named_str(HTML, source)?;
    let used = template.undeclared_variables(true);
    if let Some(field) = used.into_iter().filter(|field| !scope.has(field)).min() {
        let known = scope.fields().map(|field| field.field.as_str()).collect::<Vec<_>>().join(", ");
        return Err(TemplateError::UnknownField { field, known });
    }
    // The engine reports unknown filters, tests and functions only when it executes them. Therefore
    // the template is rendered twice: with every field, and without any field. This executes both
    // branches of a condition on a field.
    for fields in [scope.sample(|_| false), scope.sample(|_| true)] {
        if let Err(error) = template.render(fields)
            && is_fault_of_the_template(&error)
        {
            return Err(error.into());
        }
    }
    Ok(())
}

/// Whether the template fails for all values of its fields. Other errors are caused by the sample
/// values.
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
/// Returns [`TemplateError`] if the fuel or the output limit is exceeded, if a filter does not
/// accept its value, or if a field without `|default` has no value.
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
