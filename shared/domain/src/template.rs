//! Merge fields: `{{coupon.code}}`, `{{customer.first_name}}`, `{{steps.bonus.code}}`.
//!
//! The engine is minijinja, limited in work (fuel) and in output, without what could get round escaping. Fields are checked
//! against what the trigger and the earlier steps can provide when the workflow is saved. A text that uses a field without
//! a value (an anonymous cart has no first name) can't be rendered, unless `|default` gives it one or a condition goes
//! round it. `{{order.total|money}}` and `{{coupon.expires_at|date}}` write amounts and instants for a locale and zone.

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

pub use advice::{advice, gaps};
pub use catalog::{FILTERS, TemplateFilter};
pub use context::Context;
pub use field::{Kind, MergeField, StepOutput};
pub use format::Format;
pub use json::{is_one_expression, looks_like_json, prove_json, render_json};
pub use preview::{Preview, Rendered};
pub use sample::samples;
pub use scope::Scope;

use std::error::Error as _;

use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, escape_formatter};

use filters::Misuse;

/// Instructions of the template engine that one text may cost; with what it writes, which costs too, this also bounds the
/// memory that it takes.
const FUEL: u64 = 50_000;

/// The longest text that a template may turn into, in bytes.
const MAX_OUTPUT: usize = 1_000_000;

/// The longest line, in bytes: it is kept with what was done.
const MAX_LINE: usize = 4_000;

/// What a template turns into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// HTML: values are escaped.
    Html,
    /// Plain text.
    Text,
    /// One line, such as a subject: line breaks and other control characters become spaces.
    Line,
}

/// Why a text is not a usable template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// It does not parse, or does too much.
    #[error("is not a valid template: {0}")]
    Invalid(String),
    /// It uses a field that will never have a value.
    #[error("uses {{{{{field}}}}}, which is not known here; known are {known}")]
    UnknownField {
        /// The field.
        field: String,
        /// Those that are known.
        known: String,
    },
    /// It uses a field that has no value this time, without `|default`.
    #[error("{0} has no value, and the template gives it no |default")]
    Missing(String),
    /// It turns into too much.
    #[error("turns into {length} bytes; it may turn into {most}")]
    TooLong {
        /// So many bytes.
        length: usize,
        /// It may be so many.
        most: usize,
    },
}

impl From<Error> for TemplateError {
    fn from(error: Error) -> Self {
        if let Some(field) = missing_field(&error) {
            return Self::Missing(field);
        }
        let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
        let line = error.line().map(|line| format!(" in line {line}")).unwrap_or_default();
        let remedy = match error.kind() {
            ErrorKind::UnknownFilter => {
                "; amounts and instants are written by money, date, datetime and time; GET /v1/triggers lists all filters"
            }
            _ => "",
        };
        Self::Invalid(format!("{what}{line}{remedy}"))
    }
}

/// The name of the field without a value that the error came of. Only an [`Unset::IsRefused`] environment has such errors.
fn missing_field(error: &Error) -> Option<String> {
    let detail = error.detail().unwrap_or_default();
    let named = detail.split_once("` is undefined").and_then(|(before, _)| before.rsplit_once('`'));
    match (named, error.kind()) {
        (Some((_, field)), _) => Some(field.to_owned()),
        (None, ErrorKind::UndefinedError) => Some("a merge field".to_owned()),
        (None, _) => None,
    }
}

/// What becomes of a field without a value that is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unset {
    /// It prints nothing: for going through a template whatever its values.
    PrintsNothing,
    /// The template can't be rendered.
    IsRefused,
}

fn environment(format: &Format, unset: Unset) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(match unset {
        Unset::PrintsNothing => UndefinedBehavior::Chainable,
        Unset::IsRefused => UndefinedBehavior::SemiStrict,
    });
    // By this an error names the field that has no value.
    environment.set_debug(unset == Unset::IsRefused);
    environment.set_fuel(Some(FUEL));
    environment.remove_filter("safe");
    environment.remove_global("debug");
    environment.set_formatter(|out, state, value| match (state.name(), state.auto_escape()) {
        (HTML, AutoEscape::Html) | (TEXT, AutoEscape::None) => escape_formatter(out, state, value),
        _ => Err(Error::new(
            ErrorKind::SyntaxError,
            "autoescape is not for templates: values are escaped in HTML, always",
        )),
    });
    filters::install(&mut environment, format);
    environment
}

/// The names of templates, by which the engine knows whether to escape.
const HTML: &str = "body.html";
const TEXT: &str = "body.txt";

/// Checks a template when it is saved.
///
/// # Errors
/// Where it does not parse, or uses a field, filter, test, function, locale or zone that there is not.
pub fn check(source: &str, scope: &Scope) -> Result<(), TemplateError> {
    let environment = environment(&Format::default(), Unset::PrintsNothing);
    let template = environment.template_from_named_str(HTML, source)?;
    let used = template.undeclared_variables(true);
    if let Some(field) = used.into_iter().filter(|field| !scope.has(field)).min() {
        let known = scope.fields().map(|field| field.field.as_str()).collect::<Vec<_>>().join(", ");
        return Err(TemplateError::UnknownField { field, known });
    }
    // What there is not, the engine finds only when it comes to it: with every field and with none, which takes both ways
    // of a condition on a field.
    for fields in [scope.sample(|_| false), scope.sample(|_| true)] {
        if let Err(error) = template.render(fields)
            && is_fault_of_the_template(&error)
        {
            return Err(error.into());
        }
    }
    Ok(())
}

/// Whether it goes wrong whatever the values; else it is the sample's fault.
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
/// Where it does too much, a filter in it can't take its value, or a field in it has no value.
pub fn render(source: &str, form: Form, context: &Context) -> Result<String, TemplateError> {
    let environment = environment(&context.format, Unset::IsRefused);
    let name = if form == Form::Html { HTML } else { TEXT };
    let text = environment.template_from_named_str(name, source)?.render(context.values.clone())?;
    let most = if form == Form::Line { MAX_LINE } else { MAX_OUTPUT };
    match form {
        _ if text.len() > most => Err(TemplateError::TooLong { length: text.len(), most }),
        Form::Line => Ok(text.replace(breaks_a_line, " ")),
        Form::Html | Form::Text => Ok(text),
    }
}

fn breaks_a_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests;
