//! Merge fields: `{{coupon.code}}`, `{{customer.first_name}}`, `{{steps.bonus.code}}`.
//!
//! The engine is minijinja, limited in work (fuel) and in output, without what could get round escaping. Fields are checked
//! against what the trigger and the earlier steps can provide when the workflow is saved; a field without a value (an
//! anonymous cart has no first name) prints nothing. `{{order.total|money}}` and `{{coupon.expires_at|date}}` write amounts
//! and instants for a locale and zone.

mod context;
mod filters;
mod format;
mod preview;
mod sample;
mod scope;

pub use context::Context;
pub use format::Format;
pub use preview::{Preview, Rendered};
pub use sample::samples;
pub use scope::{Kind, Scope};

use std::error::Error as _;

use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, escape_formatter};

use context::nested;
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
        let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
        let line = error.line().map(|line| format!(" in line {line}")).unwrap_or_default();
        let remedy = match error.kind() {
            ErrorKind::UnknownFilter => "; amounts and instants are written by money, date, datetime and time",
            _ => "",
        };
        Self::Invalid(format!("{what}{line}{remedy}"))
    }
}

fn environment(format: &Format) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
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
    let environment = environment(&Format::default());
    let template = environment.template_from_named_str(HTML, source)?;
    let used = template.undeclared_variables(true);
    if let Some(field) = used.into_iter().filter(|field| !scope.has(field)).min() {
        let known = scope.fields().collect::<Vec<_>>().join(", ");
        return Err(TemplateError::UnknownField { field, known });
    }
    // What there is not, the engine finds only when it comes to it: with every field and with none, which takes both ways
    // of a condition on a field.
    for fields in [scope.sample(), nested([])] {
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
/// Where it does too much, or a filter in it can't take its value.
pub fn render(source: &str, form: Form, context: &Context) -> Result<String, TemplateError> {
    let environment = environment(&context.format);
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
