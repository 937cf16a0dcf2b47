//! Configuration, from environment variables that the infrastructure template sets.

/// A variable that is missing.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {0} is not set; infra/template.yaml sets it for every function that needs it")]
pub struct Missing(&'static str);

/// The value of a variable.
///
/// # Errors
/// Where it is not set or empty.
pub fn required(name: &'static str) -> Result<String, Missing> {
    optional(name).ok_or(Missing(name))
}

/// The value of a variable, where it is set and not empty.
pub fn optional(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
