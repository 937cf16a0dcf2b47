//! Result type of the endpoints, and conversions of store errors and invalid ids into problems.

use couponflow_app::kernel::error::StoreError;
use couponflow_http::{Answer, Problem};

/// Result of an endpoint.
pub(crate) type EndpointResult = Result<Answer, Problem>;

/// Converts a store error into a problem.
pub(crate) fn failure(error: StoreError) -> Problem {
    Problem::of_failure(&error)
}

/// Parses an id from the path.
///
/// # Errors
/// Returns a problem with status 404 if the id is invalid. A resource that does not exist gets the
/// same problem.
pub(crate) fn id<T, E>(parse: impl FnOnce(&str) -> Result<T, E>, text: &str, what: &str) -> Result<T, Problem> {
    parse(text).map_err(|_| Problem::not_found(what))
}
