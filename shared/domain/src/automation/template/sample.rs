//! Sample renderings, made when a workflow is saved and no event exists yet.

use super::{Format, MissingFields, Scope, TEXT, environment};

/// Renders a template twice: with a value for every field of the scope, and without any values.
/// Omits a rendering that fails.
pub fn sample_renderings(source: &str, scope: &Scope) -> Vec<String> {
    let environment = environment(&Format::default(), MissingFields::PrintNothing);
    let Ok(template) = environment.template_from_named_str(TEXT, source) else { return Vec::new() };
    [scope.sample(|_| false), scope.sample(|_| true)]
        .into_iter()
        .filter_map(|values| template.render(values).ok())
        .collect()
}
