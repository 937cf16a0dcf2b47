//! What a template may render to, known before there is an event.

use chrono::DateTime;
use minijinja::value::Value;

use super::context::nested;
use super::scope::Kind;
use super::{Format, TEXT, environment};

/// What a line renders to with a value for every field that it uses, and with a value for none. What can't be rendered so is
/// left out.
pub fn samples(source: &str) -> Vec<String> {
    let environment = environment(&Format::default());
    let Ok(template) = environment.template_from_named_str(TEXT, source) else { return Vec::new() };
    let fields = template.undeclared_variables(true);
    let value = |field: &str| match Kind::of(field) {
        Kind::Instant => Value::from(DateTime::UNIX_EPOCH.to_rfc3339()),
        Kind::Number => Value::from(7),
        Kind::Text | Kind::Money => Value::from("sample"),
    };
    let all = nested(fields.iter().map(|field| (field.as_str(), value(field))));
    [all, nested([])].into_iter().filter_map(|values| template.render(values).ok()).collect()
}
