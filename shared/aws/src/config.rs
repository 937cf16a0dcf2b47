//! Reads the environment variables that `infra/template.yaml` sets.

/// A required environment variable is not set, or is empty.
#[derive(Debug, thiserror::Error)]
#[error("environment variable {0} is missing or empty; infra/template.yaml sets it for every function that needs it")]
pub struct MissingVariable(&'static str);

/// Returns the value of a required variable.
///
/// # Errors
/// Returns an error if the variable is missing or empty.
pub fn required(name: &'static str) -> Result<String, MissingVariable> {
    optional(name).ok_or(MissingVariable(name))
}

/// Returns the value of an optional variable; `None` if the variable is missing or empty.
pub fn optional(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
