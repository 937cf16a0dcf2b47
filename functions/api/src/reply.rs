//! What endpoints reply: an answer, or a problem for a store error or an invalid id.

use couponflow_app::kernel::error::StoreError;
use couponflow_http::{Answer, Problem};

/// Result of an endpoint.
pub(crate) type EndpointResult = Result<Answer, Problem>;

/// Converts a store error into a problem.
pub(crate) fn failure(error: StoreError) -> Problem {
    Problem::of_failure(&error)
}

/// Parses an id from the path. An invalid id is answered with 404, like the id of a missing resource.
pub(crate) fn id<T, E>(parse: impl FnOnce(&str) -> Result<T, E>, text: &str, what: &str) -> Result<T, Problem> {
    parse(text).map_err(|_| Problem::not_found(what))
}
