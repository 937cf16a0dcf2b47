//! Converts store errors into problems.

use couponflow_app::kernel::error::StoreError;
use couponflow_http::Problem;

/// Converts a store error into a problem.
pub(crate) fn failure(error: StoreError) -> Problem {
    Problem::of_failure(&error)
}
