//! What a template may render to, known before there is an event.

use super::{Format, Scope, TEXT, Unset, environment};

/// What a line renders to with a value for every field of the scope, and with a value for none. What can't be rendered so is
/// left out.
pub fn samples(source: &str, scope: &Scope) -> Vec<String> {
    let environment = environment(&Format::default(), Unset::PrintsNothing);
    let Ok(template) = environment.template_from_named_str(TEXT, source) else { return Vec::new() };
    [scope.sample(|_| false), scope.sample(|_| true)]
        .into_iter()
        .filter_map(|values| template.render(values).ok())
        .collect()
}
